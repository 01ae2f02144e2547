"""`Verify flow`: finds the flow that a merchant named and says what is wrong with it (R45 to R47, R95)."""

from dataclasses import replace

import sqlalchemy as sa

from saleor_stoq_app.clock import Clock
from saleor_stoq_app.database.engine import Database
from saleor_stoq_app.errors import InvalidInput
from saleor_stoq_app.providers.flows import FlowManager, FlowTemplate
from saleor_stoq_app.providers.problems import Gone
from saleor_stoq_app.settings.choices import Choices
from saleor_stoq_app.setup import diagnosis, gate, steps, store
from saleor_stoq_app.setup.diagnosis import Diagnosis
from saleor_stoq_app.setup.managed import FlowManagers, Managed
from saleor_stoq_app.setup.remote import seen_in
from saleor_stoq_app.setup.steps import Setup, SetupFlow, Step
from saleor_stoq_app.setup.store import Place

LONGEST_NAME = 255


class Verification:
    """Looks for flows in the merchant's account and remembers what it saw."""

    def __init__(self, *, database: Database, clock: Clock, managers: FlowManagers, choices: Choices) -> None:
        self._database = database
        self._clock = clock
        self._managers = managers
        self._choices = choices

    async def verify(self, place: Place, key: str, name: str) -> Diagnosis:
        """Verify that a flow of exactly this name texts on the metric of `key`, and nothing else does.

        Raises:
            InvalidInput: no such flow belongs to the alert type, no name, or automatic set-up is running.
            ProviderError: the provider cannot be asked.
        """
        _check_name(name)
        managed = await self._managers(place.shop_id, place.provider)
        template = _template(managed, place, key)
        kept = await self._database.read(lambda conn: store.read(conn, place))
        _check_idle(kept.setup)
        known = _known_metric(kept.setup, key, managed.connection.generation)
        metric_id, found = await _look(managed.flows, template, name, known)
        await self._remember(
            place, managed, SetupFlow(key, template.metric, name, metric_id=metric_id), found
        )
        return found

    async def recheck(self, place: Place) -> Setup:
        """Look again at every flow whose name is known, after changes at the provider."""
        setup = (await self._database.read(lambda conn: store.read(conn, place))).setup
        for flow in setup.flows:
            if flow.flow_id:
                await self.verify(place, flow.key, flow.name)
        return (await self._database.read(lambda conn: store.read(conn, place))).setup

    async def _remember(self, place: Place, managed: Managed, flow: SetupFlow, found: Diagnosis) -> None:
        settings, now = await self._choices.of(place.shop_id), self._clock.now()
        templates, generation = managed.templates(place.alert_type), managed.connection.generation

        def remember(conn: sa.Connection) -> None:
            kept = store.locked(conn, place, now)
            _check_idle(kept.setup)
            setup = kept.setup
            if setup.step in {Step.NOT_STARTED, Step.FAILED}:
                setup = steps.begin_manual(setup, templates, generation)
            if setup.generation != generation:
                setup = steps.renew(setup, generation)
            after = steps.with_flow(setup, _seen(setup, flow, found))
            store.put(conn, place, replace(kept, setup=after), now)
            gate.follow(conn, place, kept.setup, settings, now)

        await self._database.write(remember)


async def _look(manager: FlowManager, template: FlowTemplate, name: str, known: str) -> tuple[str, Diagnosis]:
    """Return the metric's id and what was found; a metric that was deleted is looked for once more."""
    metric_id = known or await manager.metric_id(template.metric)
    if not metric_id:
        return "", Diagnosis(None, (diagnosis.not_listed(template.metric),))
    try:
        on_metric = await manager.flows_on(metric_id)
    except Gone:
        if not known:
            return "", Diagnosis(None, (diagnosis.not_listed(template.metric),))
        return await _look(manager, template, name, "")
    named = await manager.flows_named(name)
    near = [] if named else await manager.near(name)
    return metric_id, diagnosis.diagnose(
        name, template.metric, metric_id, named=named, on_metric=on_metric, near=near
    )


def _seen(setup: Setup, looked_for: SetupFlow, found: Diagnosis) -> SetupFlow:
    before = setup.flow(looked_for.key)
    seeded_at = before.seeded_at if before and before.metric_id == looked_for.metric_id else None
    flow = replace(looked_for, seeded_at=seeded_at)
    if found.flow is None:
        return replace(flow, problems=found.problems)
    return seen_in(flow, found.flow, found.problems)


def _known_metric(setup: Setup, key: str, generation: int) -> str:
    flow = setup.flow(key)
    return flow.metric_id if flow is not None and setup.generation == generation else ""


def _template(managed: Managed, place: Place, key: str) -> FlowTemplate:
    for template in managed.templates(place.alert_type):
        if template.key == key:
            return template
    raise InvalidInput(f'No flow "{key}" belongs to this alert type.', field="key")


def _check_name(name: str) -> None:
    if not name.strip() or len(name) > LONGEST_NAME:
        raise InvalidInput(
            "A flow name has 1 to 255 characters.", field="flowName", fix="Copy it from Klaviyo."
        )


def _check_idle(setup: Setup) -> None:
    if setup.runs:
        raise InvalidInput(
            "Automatic setup is running.", fix="Wait until it is done, or reset the setup.", code="WRONG_STEP"
        )
