"""`Continue`: begins a set-up by itself or by hand, once, however often it is clicked (R29, R39)."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import sqlalchemy as sa

from saleor_stoq_app.clock import Clock, new_id
from saleor_stoq_app.database.engine import Database
from saleor_stoq_app.errors import InvalidInput
from saleor_stoq_app.providers.flows import FlowTemplate, SetupMethod
from saleor_stoq_app.secrets import Vault
from saleor_stoq_app.setup import steps, store
from saleor_stoq_app.setup.managed import FlowManagers
from saleor_stoq_app.setup.steps import Setup, Step
from saleor_stoq_app.setup.store import Kept, Place
from saleor_stoq_app.setup.work import check_automatic, goes_on

CONTACT = re.compile(r"\+[1-9]\d{6,14}|[^@\s]+@[^@\s]+\.[^@\s]+")
LONGEST_CONTACT = 254


class Starting:
    """Begins set-ups; `contact` is the merchant's own, on which metrics are seeded."""

    def __init__(self, *, database: Database, clock: Clock, managers: FlowManagers, vault: Vault) -> None:
        self._database = database
        self._clock = clock
        self._managers = managers
        self._vault = vault

    async def begin(self, place: Place, method: SetupMethod, contact: str) -> Setup:
        """Begin; one that runs already, or is ready, is returned as it stands.

        Raises:
            NeedsMerchant: not connected, or automatic set-up is not available.
            InvalidInput: no contact, an alert type without flows, or a set-up of the other method.
        """
        sealed = self._vault.seal(_contact(contact))
        managed = await self._managers(place.shop_id, place.provider)
        templates = managed.templates(place.alert_type)
        if not templates:
            raise InvalidInput(f"{managed.spec.label} has no flows for this alert type.", field="alertType")
        if method is SetupMethod.AUTOMATIC:
            check_automatic(managed)
        start = _automatic if method is SetupMethod.AUTOMATIC else _manual
        return await self._store(place, sealed, start, templates, managed.connection.generation)

    async def _store(
        self, place: Place, sealed: str, start: "Start", templates: Sequence[FlowTemplate], generation: int
    ) -> Setup:
        now = self._clock.now()
        job_id = new_id(now)

        def begin(conn: sa.Connection) -> Setup:
            before = store.locked(conn, place, now).setup
            begun = start(before, templates, generation)
            if begun != before:
                due_at = now if goes_on(begun) else None
                store.put(conn, place, Kept(begun, sealed, due_at, now), now)
                store.ask_for_work(conn, place.shop_id, job_id, now)
            return begun

        return await self._database.write(begin)


Start = Callable[[Setup, Sequence[FlowTemplate], int], Setup]


def _automatic(setup: Setup, templates: Sequence[FlowTemplate], generation: int) -> Setup:
    same = setup.generation == generation
    if same and (setup.runs or (setup.step is Step.READY and setup.is_complete)):
        return setup
    if setup.runs or setup.step is Step.READY:
        setup = steps.reset(setup)
    return steps.begin_automatic(setup, templates, generation)


def _manual(setup: Setup, templates: Sequence[FlowTemplate], generation: int) -> Setup:
    if setup.step is not Step.MANUAL:
        return steps.begin_manual(setup, templates, generation)
    if setup.generation != generation:
        setup = steps.renew(setup, generation)
    return replace(setup, failure=None)


def _contact(contact: str) -> str:
    stripped = contact.strip()
    if len(stripped) > LONGEST_CONTACT or not CONTACT.fullmatch(stripped):
        raise InvalidInput(
            "The metrics are made known by an event on a contact of your own.",
            field="contact",
            fix="Enter your own e-mail address, or your phone number with + and country code.",
        )
    return stripped
