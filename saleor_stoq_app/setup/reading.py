"""Reads what `readiness` judges: connection, set-up, SMS status, plan."""

from collections.abc import Mapping
from dataclasses import dataclass

from saleor_stoq_app.database.engine import Database
from saleor_stoq_app.errors import NeedsMerchant
from saleor_stoq_app.providers.base import Connection, ProviderId, ProviderSpec, Tools
from saleor_stoq_app.providers.flows import SmsStatus, SmsSwitch
from saleor_stoq_app.providers.registry import PROVIDERS
from saleor_stoq_app.settings.connections import Connections
from saleor_stoq_app.settings.plans import Plans, refusal
from saleor_stoq_app.setup import store
from saleor_stoq_app.setup.problems import Code, Problem
from saleor_stoq_app.setup.readiness import Situation, assess
from saleor_stoq_app.setup.steps import Setup
from saleor_stoq_app.setup.store import Place


@dataclass(frozen=True, slots=True)
class Readiness:
    """A set-up and what is wrong with it."""

    setup: Setup
    connection: Connection | None
    sms: SmsStatus | None
    problems: tuple[Problem, ...]

    @property
    def is_ready(self) -> bool:
        return not any(problem.blocks for problem in self.problems)


class Readings:
    """Says of each set-up whether its alerts go out."""

    def __init__(
        self,
        *,
        database: Database,
        plans: Plans,
        connections: Connections,
        tools: Tools,
        providers: Mapping[ProviderId, ProviderSpec] = PROVIDERS,
    ) -> None:
        self._database = database
        self._connections = connections
        self._tools = tools
        self._plans = plans
        self._providers = providers

    async def of(self, place: Place, *, ask_sms: bool = True) -> Readiness:
        """Read everything; `ask_sms` asks the provider too, whose silence is "unknown"."""
        spec = self._providers[place.provider]
        connection = await self._connections.of(place.shop_id, place.provider)
        setup = (await self._database.read(lambda conn: store.read(conn, place))).setup
        tested = await self._database.read(lambda conn: store.tests(conn, place))
        refused = refusal(await self._plans.of(place.shop_id), spec)
        sms = await self._sms(spec, connection) if ask_sms else None
        situation = Situation(
            spec=spec,
            connection=connection,
            setup=setup,
            plan_refuses=refused.message if refused else "",
            sms=sms,
            tested=any(test["state"] == "sent" for test in tested.values()),
        )
        return Readiness(setup, connection, sms, tuple(assess(situation)))

    async def _sms(self, spec: ProviderSpec, connection: Connection | None) -> SmsStatus | None:
        if connection is None or connection.problem or spec.sms is None:
            return None
        try:
            return await spec.sms(self._tools, connection)
        except NeedsMerchant as error:
            return SmsStatus(SmsSwitch.UNKNOWN, why=error.message)


def app_problems(place: Place, problems: tuple[Problem, ...]) -> Mapping[str, str | None]:
    """Return a sentence, or None for mended, by the stable key under which Saleor keeps it.

    Only what keeps texts from going out is told there.
    """
    said: dict[str, str | None] = {_key(place, code): None for code in Code}
    for problem in problems:
        if problem.blocks:
            said[_key(place, problem.code)] = f"{problem.symptom} {problem.cause} {problem.fix}"
    return said


def _key(place: Place, code: Code) -> str:
    return f"setup:{place.provider}:{place.medium}:{place.alert_type}:{code}".lower()
