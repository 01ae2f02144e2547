"""`Send test event`: one marked event to the merchant's own phone, as often as they like (R48, R106)."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from saleor_stoq_app.clock import Clock, new_id
from saleor_stoq_app.database import jobs
from saleor_stoq_app.database.engine import Database
from saleor_stoq_app.database.jobs import Job
from saleor_stoq_app.errors import InvalidInput, ProviderError, Retryable, Unknown
from saleor_stoq_app.events import AlertType, Consent, Medium, Message, Recipient, Stage
from saleor_stoq_app.providers.base import Accepted, HandedOver, Provider, ProviderId, Result, Sent, Tools
from saleor_stoq_app.secrets import Vault
from saleor_stoq_app.setup import store
from saleor_stoq_app.setup.managed import FlowManagers, Managed
from saleor_stoq_app.setup.samples import samples
from saleor_stoq_app.setup.store import Place

KIND = "test-event"
MARK = {"stoq_test": "true"}
"""What tells a test event from an alert, in the provider's own lists and for conditional splits."""

PHONE = re.compile(r"\+[1-9]\d{6,14}")
ASKED_AGAIN = 30.0
PATIENCE = timedelta(minutes=45)


class TestState(StrEnum):
    """How far a test event has come."""

    __test__ = False

    ASKED = "asked"
    RECORDING_CONSENT = "recording_consent"
    SENT = "sent"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Tested:
    """A test event: `nonce` makes each one new to the provider."""

    key: str
    nonce: str
    state: TestState
    at: str
    reason: str = ""

    @property
    def asked_or_changed_at(self) -> datetime:
        return datetime.fromisoformat(self.at)


class EventTest:
    """Sends test events: first the merchant's own permission is recorded, then the event goes."""

    __test__ = False

    def __init__(
        self, *, database: Database, clock: Clock, managers: FlowManagers, tools: Tools, vault: Vault
    ) -> None:
        self._database = database
        self._clock = clock
        self._managers = managers
        self._tools = tools
        self._vault = vault

    async def send(self, place: Place, key: str, phone: str, *, consent: str) -> Tested:
        """Ask for a test event; `consent` is the sentence to which the owner of the phone agreed.

        Raises:
            InvalidInput: no consent was stated, no phone, or a flow that cannot be tested.
            NeedsMerchant: nothing is connected.
        """
        _check(phone, consent)
        managed = await self._managers(place.shop_id, place.provider)
        _check_key(managed, place, key)
        now = self._clock.now()
        nonce = new_id(now)
        tested = Tested(key, nonce, TestState.ASKED, now.isoformat())
        payload = {
            **place.row(),
            "key": key,
            "nonce": nonce,
            "asked_at": now.isoformat(),
            "sealed": self._vault.seal(phone.strip()),
            "consent": consent,
        }

        def ask(conn: Any) -> None:
            store.note_test(conn, place, key, asdict(tested), now)
            jobs.enqueue(
                conn,
                id=nonce,
                kind=KIND,
                unique_key=f"{KIND}:{nonce}",
                payload=payload,
                run_at=now,
                shop_id=place.shop_id,
            )

        await self._database.write(ask)
        return tested

    async def last(self, place: Place) -> Mapping[str, Tested]:
        """Return the last test event of each flow, by the flow's key."""
        found = await self._database.read(lambda conn: store.tests(conn, place))
        return {key: _tested(test) for key, test in found.items()}

    async def __call__(self, job: Job) -> timedelta | None:
        """Go on with one test event; one that a later one replaced goes out all the same."""
        place = _place(job)
        last = (await self.last(place)).get(job.payload["key"])
        recording = last is not None and last.nonce == job.payload["nonce"] and last.state != TestState.ASKED
        try:
            result = await self._go_on(place, job, recording=recording)
        except ProviderError as error:
            result = error
        state, again = self._judge(job, result)
        await self._note(place, job, state, result)
        return again

    async def _go_on(self, place: Place, job: Job, *, recording: bool) -> Result:
        managed = await self._managers(place.shop_id, place.provider)
        provider = managed.sender(self._tools)
        message = self._message(managed, place, job)
        if managed.spec.keeps_consent:
            permitted = await self._permit(provider, job, message, recording=recording)
            if not isinstance(permitted, Accepted):
                return permitted
        return await self._hand_over(provider, message)

    async def _permit(self, provider: Provider, job: Job, message: Message, *, recording: bool) -> Result:
        asked_at = datetime.fromisoformat(job.payload["asked_at"])
        key = f"consent:{message.key}"
        if recording:
            sent = Sent(key, message.alert_type, asked_at, message.recipient.phone)
            read = await provider.read_back(Stage.CONSENT, [sent])
            return read.get(key) or Unknown("The provider said nothing about the permission.")
        given = Consent(asked_at, "Saleor Dashboard", str(job.payload["consent"]))
        permission = replace(message, key=key, stage=Stage.CONSENT, consent=given)
        return await self._hand_over(provider, permission)

    async def _hand_over(self, provider: Provider, message: Message) -> Result:
        """Send alone, which drops a repeat of a key: a test that was interrupted texts once."""
        batch = provider.plan(message.stage, due=1, repeat=True)
        if wait := await provider.pace(batch):
            return Retryable("The provider's limits are used up.", after=wait)
        results = await provider.send(batch, [message])
        return results.get(message.key) or Unknown("The provider said nothing about the event.")

    def _message(self, managed: Managed, place: Place, job: Job) -> Message:
        phone = self._vault.open(str(job.payload["sealed"]))
        template = managed.templates(place.alert_type)[0]
        return Message(
            key=f"test:{job.payload['nonce']}",
            alert_type=place.alert_type,
            stage=Stage.ALERT,
            medium=place.medium,
            recipient=Recipient(phone),
            variables=samples(template.variables) | {"customer_phone": phone} | MARK,
        )

    def _judge(self, job: Job, result: Result) -> tuple[TestState, timedelta | None]:
        asked_at = datetime.fromisoformat(job.payload["asked_at"])
        if isinstance(result, Accepted):
            return TestState.SENT, None
        if isinstance(result, Retryable | Unknown | HandedOver) and self._clock.now() - asked_at < PATIENCE:
            recording = isinstance(result, HandedOver)
            state = TestState.RECORDING_CONSENT if recording else TestState.ASKED
            return state, timedelta(seconds=_pause(result))
        return TestState.REFUSED, None

    async def _note(self, place: Place, job: Job, state: TestState, result: Result) -> None:
        now, key = self._clock.now(), str(job.payload["key"])
        reason = result.message if isinstance(result, ProviderError) else ""
        noted = asdict(Tested(key, str(job.payload["nonce"]), state, now.isoformat(), reason))

        def note(conn: Any) -> None:
            last = store.tests(conn, place).get(key, {})
            if last.get("nonce") == noted["nonce"]:
                store.note_test(conn, place, key, noted, now)

        await self._database.write(note)


def _pause(result: Result) -> float:
    if isinstance(result, HandedOver):
        return result.check_after
    return max(result.after if isinstance(result, Retryable) else 0.0, ASKED_AGAIN)


def _tested(test: Mapping[str, str]) -> Tested:
    return Tested(test["key"], test["nonce"], TestState(test["state"]), test["at"], test["reason"])


def _place(job: Job) -> Place:
    payload = job.payload
    return Place(
        str(job.shop_id),
        AlertType(payload["alert_type"]),
        ProviderId(payload["provider"]),
        Medium(payload["medium"]),
    )


def _check(phone: str, consent: str) -> None:
    if not PHONE.fullmatch(phone.strip()):
        raise InvalidInput(
            "This is no phone number.", field="phone", fix="Enter it with + and country code: +14155550100."
        )
    if not consent.strip():
        raise InvalidInput(
            "A test text needs the consent of the phone's owner.",
            field="consent",
            fix="Confirm that this is your own phone and that it may be texted.",
        )


def _check_key(managed: Managed, place: Place, key: str) -> None:
    """Only the first message of an alert type is sent by now, so only its metric can be fired."""
    templates = managed.templates(place.alert_type)
    if not templates or templates[0].key != key:
        raise InvalidInput(f'No test event can be sent for "{key}".', field="key")
