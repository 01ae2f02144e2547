"""Goes on with running set-ups, a remote step per turn: saved after each, resumable at any (R28 to R37)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import sqlalchemy as sa

from saleor_stoq_app.clock import Clock
from saleor_stoq_app.database.engine import Database
from saleor_stoq_app.database.jobs import Job
from saleor_stoq_app.errors import NeedsMerchant, ProviderError, Retryable, Unknown
from saleor_stoq_app.log import get
from saleor_stoq_app.providers.flows import FlowTemplate, SetupMethod
from saleor_stoq_app.secrets import Vault
from saleor_stoq_app.settings.choices import Choices
from saleor_stoq_app.setup import gate, steps, store
from saleor_stoq_app.setup.managed import FlowManagers, Managed
from saleor_stoq_app.setup.remote import ASKED_AGAIN, SETTLED, Turn, Wait, next_step
from saleor_stoq_app.setup.steps import Setup, Step
from saleor_stoq_app.setup.store import Kept, Place

PATIENCE = timedelta(minutes=30)
"""After so long without an answer a person decides (R102)."""

TRY_AGAIN = "Wait a moment and try again, or switch to manual setup."

log = get(__name__)


class Superseded(Exception):
    """Somebody decided otherwise while we worked."""


@dataclass(slots=True)
class Held:
    """A set-up that we work on under a lease; `kept` is what is stored."""

    place: Place
    kept: Kept
    lease: str


class SetupWork:
    """Does the set-ups of a shop one at a time, as the shop's one job."""

    def __init__(
        self, *, database: Database, clock: Clock, managers: FlowManagers, choices: Choices, vault: Vault
    ) -> None:
        self._database = database
        self._clock = clock
        self._managers = managers
        self._choices = choices
        self._vault = vault

    async def __call__(self, job: Job) -> timedelta | None:
        """Make one step; return when the next is due, None if nothing is left."""
        shop_id, now = str(job.shop_id), self._clock.now()
        claimed = await self._database.write(lambda conn: store.claim(conn, shop_id, job.lease, now))
        if claimed is not None:
            place, kept = claimed
            await self._turn(Held(place, kept, job.lease))
        due_at = await self._database.read(lambda conn: store.next_due(conn, shop_id))
        return None if due_at is None else max(due_at - self._clock.now(), timedelta(0))

    async def _turn(self, held: Held) -> None:
        try:
            outcome = await self._outcome(held)
            await self._save(held, self._after(held.kept, outcome))
        except Superseded:
            log.info("setup.superseded", shop=held.place.shop_id, alert_type=held.place.alert_type)

    async def _outcome(self, held: Held) -> Setup | Wait:
        try:
            managed = await self._managers(held.place.shop_id, held.place.provider)
            return await self._step(held, managed)
        except Retryable as error:
            return self._wait(held, max(error.after, ASKED_AGAIN), error)
        except Unknown as error:
            return self._wait(held, SETTLED.total_seconds(), error)
        except ProviderError as error:
            fix = error.fix or TRY_AGAIN
            return steps.fail(held.kept.setup, code=error.code, reason=error.message, fix=fix)

    async def _step(self, held: Held, managed: Managed) -> Setup | Wait:
        setup, templates = held.kept.setup, managed.templates(held.place.alert_type)
        if setup.step is not Step.MANUAL:
            check_automatic(managed)
        if setup.generation != managed.connection.generation:
            return _anew(setup, templates, managed.connection.generation)

        async def save(marked: Setup) -> None:
            await self._save(held, replace(held.kept, setup=marked))

        contact = self._vault.open(held.kept.contact)
        return await next_step(Turn(managed, templates, setup, contact, self._clock.now(), save))

    def _wait(self, held: Held, seconds: float, error: ProviderError) -> Setup | Wait:
        since = held.kept.progress_at
        if since is None or self._clock.now() - since < PATIENCE:
            return Wait(seconds, error.message)
        return steps.fail(held.kept.setup, code=error.code, reason=error.message, fix=TRY_AGAIN)

    def _after(self, kept: Kept, outcome: Setup | Wait) -> Kept:
        now = self._clock.now()
        if isinstance(outcome, Wait):
            waiting = replace(kept.setup, waiting=outcome.reason)
            return replace(kept, setup=waiting, due_at=now + timedelta(seconds=outcome.seconds))
        if not goes_on(outcome):
            return replace(kept, setup=outcome, contact="", due_at=None, progress_at=now)
        back = steps.went_back(kept.setup, outcome)
        due_at = now + timedelta(seconds=ASKED_AGAIN if back else 0)
        return replace(kept, setup=outcome, due_at=due_at, progress_at=kept.progress_at if back else now)

    async def _save(self, held: Held, kept: Kept) -> None:
        settings, now = await self._choices.of(held.place.shop_id), self._clock.now()

        def write(conn: sa.Connection) -> bool:
            before = store.read(conn, held.place).setup
            saved = store.save(conn, held.place, held.lease, kept, now)
            if saved:
                gate.follow(conn, held.place, before, settings, now)
            return saved

        if not await self._database.write(write):
            raise Superseded
        held.kept = kept


def goes_on(setup: Setup) -> bool:
    """Tell whether there is something to be done without a person."""
    unlisted = any(not flow.metric_id for flow in setup.flows)
    return setup.runs or (setup.step is Step.MANUAL and unlisted and setup.failure is None)


def check_automatic(managed: Managed) -> None:
    """Refuse what the connection does not allow (R94, R101).

    Raises:
        NeedsMerchant: automatic set-up is not available; says why.
    """
    needs, label = managed.spec.setups.get(SetupMethod.AUTOMATIC), managed.spec.label
    if needs is None:
        raise NeedsMerchant(f"{label} makes no flows for us.", fix="Choose manual setup.", code=UNAVAILABLE)
    if why := needs.unmet(managed.connection):
        fix = f"Disconnect and reconnect {label} to grant {', '.join(sorted(needs.scopes))}."
        raise NeedsMerchant(why, fix=fix, code=UNAVAILABLE)


UNAVAILABLE = "AUTOMATIC_UNAVAILABLE"


def _anew(setup: Setup, templates: Sequence[FlowTemplate], generation: int) -> Setup:
    """Another connection has other metrics: begin again."""
    if setup.step is Step.MANUAL:
        return steps.renew(setup, generation)
    return steps.begin_automatic(steps.reset(setup), templates, generation)
