"""A shop that sets its flows up: the real store, jobs and worker around a provider account."""

from dataclasses import replace
from itertools import count

import sqlalchemy as sa

from saleor_stoq_app.clock import process_id
from saleor_stoq_app.database import tables
from saleor_stoq_app.database.work import Jobs
from saleor_stoq_app.deliveries.ledger import State
from saleor_stoq_app.errors import NeedsMerchant
from saleor_stoq_app.events import AlertType, Medium, Stage
from saleor_stoq_app.providers.base import Connection, ProviderId
from saleor_stoq_app.providers.flows import SetupMethod
from saleor_stoq_app.providers.klaviyo import SPEC
from saleor_stoq_app.saleor.shops import Shops
from saleor_stoq_app.settings.choices import Choices
from saleor_stoq_app.setup import store
from saleor_stoq_app.setup.managed import Managed
from saleor_stoq_app.setup.reset import Resetting
from saleor_stoq_app.setup.starting import Starting
from saleor_stoq_app.setup.store import Place
from saleor_stoq_app.setup.verification import Verification
from saleor_stoq_app.setup.work import SetupWork
from tests.setup.account import FakeAccount

OWNER = "owner@shop.example"
ALERT = "Back in stock SMS alert (STOQ)"
REMINDER = "Back in stock SMS reminder 1 (STOQ)"
PREORDER = "Preorder SMS confirmed (STOQ)"
_numbers = count(1)


class Bench:
    """One shop with a connection; `job()` starts another worker process on the same database."""

    def __init__(self, database, clock, vault):
        self.database, self.clock, self.vault = database, clock, vault
        self.account = FakeAccount(clock)
        self.spec = SPEC
        self.connection: Connection | None = None
        self.choices = Choices(database, clock)
        shared = {"database": database, "clock": clock, "managers": self.managers}
        self.starting = Starting(**shared, vault=vault)
        self.verification = Verification(**shared, choices=self.choices)
        self.resetting = Resetting(**shared)
        self.jobs = self.job()

    async def open(self):
        shops = Shops(self.database, self.vault, self.clock)
        url = f"https://bench{next(_numbers)}.example/graphql/"
        self.shop = await shops.save(url, app_id="QXBwOjE=", token="t", jwks={}, schema_version="3.23")
        self.connection = Connection(
            "c", self.shop.id, "oauth", "", frozenset(SPEC.scopes), "AbC123", "Acme", 1
        )
        await self.choices.change(
            self.shop.id,
            lambda now: now.sending(AlertType.BACK_IN_STOCK, Medium.SMS, ProviderId.KLAVIYO).sending(
                AlertType.PREORDER, Medium.SMS, ProviderId.KLAVIYO
            ),
        )
        return self

    @property
    def place(self):
        return Place(self.shop.id, AlertType.BACK_IN_STOCK, ProviderId.KLAVIYO)

    @property
    def preorders(self):
        return replace(self.place, alert_type=AlertType.PREORDER)

    async def managers(self, _shop_id, _provider):
        if self.connection is None:
            raise NeedsMerchant("Klaviyo is not connected.", fix="Click Connect.", code="NOT_CONNECTED")
        return Managed(self.spec, self.connection, self.account)

    def job(self):
        work = SetupWork(
            database=self.database,
            clock=self.clock,
            managers=self.managers,
            choices=self.choices,
            vault=self.vault,
        )
        return Jobs(self.database, self.clock, {store.KIND: work}, process_id(self.clock.now()))

    async def automatic(self, place=None):
        return await self.starting.begin(place or self.place, SetupMethod.AUTOMATIC, OWNER)

    async def manual(self, place=None):
        return await self.starting.begin(place or self.place, SetupMethod.MANUAL, OWNER)

    async def verify(self, name, key="alert"):
        return await self.verification.verify(self.place, key, name)

    async def setup(self, place=None):
        kept = await self.database.read(lambda conn: store.read(conn, place or self.place))
        return kept.setup

    async def next_run(self):
        return await self.database.read(
            lambda conn: conn.scalar(sa.select(sa.func.min(tables.jobs.c.run_at)))
        )

    async def work(self, *, most=500):
        """Work until no job is left; time goes on to whatever is due next."""
        for _ in range(most):
            due = await self.next_run()
            if due is None:
                return
            self.clock.advance(max((due - self.clock.now()).total_seconds(), 0))
            await self.jobs.turn("jobs")
        raise AssertionError("never done")

    async def owe(self, key="alert:s:r", *, alert_type=AlertType.BACK_IN_STOCK, state=State.DUE, **changes):
        now = self.clock.now()
        row = {
            "shop_id": self.shop.id,
            "told_key": key,
            "alert_type": alert_type,
            "stage": Stage.ALERT,
            "medium": Medium.SMS,
            "provider": ProviderId.KLAVIYO,
            "state": state,
            "reason": "",
            "due_at": now if state == State.DUE else None,
            "attempts": 0,
            "created_at": now,
        }
        await self.database.write(
            lambda conn: conn.execute(sa.insert(tables.deliveries).values(row | changes))
        )

    async def owed(self):
        columns = (tables.deliveries.c.told_key, tables.deliveries.c.state)
        rows = await self.database.read(lambda conn: conn.execute(sa.select(*columns)).all())
        return {row.told_key: row.state for row in rows}
