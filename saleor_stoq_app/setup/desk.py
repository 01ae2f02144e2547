"""All that the panel "Send SMS through" does with a set-up, built once."""

from collections.abc import Mapping
from dataclasses import dataclass

from saleor_stoq_app.clock import Clock
from saleor_stoq_app.database.engine import Database
from saleor_stoq_app.database.work import Handler
from saleor_stoq_app.providers.base import Tools
from saleor_stoq_app.secrets import Vault
from saleor_stoq_app.settings.choices import Choices
from saleor_stoq_app.settings.connections import Connections
from saleor_stoq_app.settings.plans import Plans
from saleor_stoq_app.setup import store, test_event
from saleor_stoq_app.setup.managed import Managers
from saleor_stoq_app.setup.reading import Readings
from saleor_stoq_app.setup.reset import Resetting
from saleor_stoq_app.setup.starting import Starting
from saleor_stoq_app.setup.test_event import EventTest
from saleor_stoq_app.setup.verification import Verification
from saleor_stoq_app.setup.work import SetupWork


@dataclass(frozen=True, slots=True)
class Desk:
    """What a merchant does with set-ups; `handlers` are the jobs that follow from it."""

    starting: Starting
    verification: Verification
    testing: EventTest
    resetting: Resetting
    readings: Readings
    handlers: Mapping[str, Handler]


def open_desk(
    *,
    database: Database,
    clock: Clock,
    vault: Vault,
    choices: Choices,
    plans: Plans,
    connections: Connections,
    tools: Tools,
) -> Desk:
    managers = Managers(plans, connections, tools)
    testing = EventTest(database=database, clock=clock, managers=managers, tools=tools, vault=vault)
    work = SetupWork(database=database, clock=clock, managers=managers, choices=choices, vault=vault)
    return Desk(
        starting=Starting(database=database, clock=clock, managers=managers, vault=vault),
        verification=Verification(database=database, clock=clock, managers=managers, choices=choices),
        testing=testing,
        resetting=Resetting(database=database, clock=clock, managers=managers),
        readings=Readings(database=database, plans=plans, connections=connections, tools=tools),
        handlers={store.KIND: work, test_event.KIND: testing},
    )
