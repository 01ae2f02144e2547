"""Builds clients, stores and features once; the app, the worker, the command line and the tests call it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import sqlalchemy as sa
from redis.asyncio import Redis

from saleor_stoq_app import coordination, secrets
from saleor_stoq_app.alerts import consent_backfill, housekeeping
from saleor_stoq_app.alerts.accounts import Accounts
from saleor_stoq_app.alerts.alert_check import AlertCheck
from saleor_stoq_app.alerts.consent_backfill import ConsentBackfill
from saleor_stoq_app.alerts.consent_check import ConsentCheck
from saleor_stoq_app.alerts.contacts import Contacts
from saleor_stoq_app.alerts.housekeeping import Housekeeping
from saleor_stoq_app.alerts.looks import Looks
from saleor_stoq_app.alerts.lookup import Lookup
from saleor_stoq_app.alerts.proving import Proving
from saleor_stoq_app.alerts.restocks import Restocks
from saleor_stoq_app.alerts.signup_store import PROVE
from saleor_stoq_app.alerts.signups import Signups
from saleor_stoq_app.clock import Clock, SystemClock, process_id
from saleor_stoq_app.config import Config
from saleor_stoq_app.coordination import Limiter
from saleor_stoq_app.database import migrate
from saleor_stoq_app.database.engine import Database
from saleor_stoq_app.database.tables import marks
from saleor_stoq_app.database.work import Jobs
from saleor_stoq_app.deliveries.checks import Checks
from saleor_stoq_app.deliveries.dispatch import Dispatcher
from saleor_stoq_app.deliveries.proof import Proof
from saleor_stoq_app.errors import Misconfigured
from saleor_stoq_app.events import Stage
from saleor_stoq_app.http import Client, host_of
from saleor_stoq_app.meters import Meters
from saleor_stoq_app.providers.base import Tools
from saleor_stoq_app.saleor import reconciling
from saleor_stoq_app.saleor.availability import Availability
from saleor_stoq_app.saleor.client import SaleorClient
from saleor_stoq_app.saleor.reconciler import Reconciler
from saleor_stoq_app.saleor.reconciling import Reconciling
from saleor_stoq_app.saleor.registration import Registration
from saleor_stoq_app.saleor.shops import Shops
from saleor_stoq_app.saleor.standing import Standing
from saleor_stoq_app.secrets import Vault
from saleor_stoq_app.settings import keeping
from saleor_stoq_app.settings.authorizing import Authorizing
from saleor_stoq_app.settings.carriers import Carriers
from saleor_stoq_app.settings.choices import Choices
from saleor_stoq_app.settings.connections import Connections
from saleor_stoq_app.settings.grants import Grants
from saleor_stoq_app.settings.keeping import GiveGrantBack, KeepGrants
from saleor_stoq_app.settings.plans import Plan, Plans
from saleor_stoq_app.settings.tickets import Tickets
from saleor_stoq_app.setup.desk import Desk, open_desk
from saleor_stoq_app.setup.gate import Gate


@dataclass(frozen=True, slots=True)
class Network:
    """The clients that leave the house: to shops, whose addresses strangers name, and to providers."""

    shops: Client
    providers: Client


@dataclass(frozen=True, slots=True)
class House:
    """Everything, built once."""

    process_id: str
    config: Config
    clock: Clock
    meters: Meters
    database: Database
    redis: Redis
    network: Network
    tools: Tools
    vault: Vault
    limiter: Limiter
    shops: Shops
    client: SaleorClient
    registration: Registration
    reconciler: Reconciler
    choices: Choices
    plans: Plans
    connections: Connections
    tickets: Tickets
    authorizing: Authorizing
    contacts: Contacts
    accounts: Accounts
    desk: Desk
    signups: Signups
    lookup: Lookup
    looks: Looks
    restocks: Restocks
    standing: Standing
    dispatchers: tuple[Dispatcher, ...]
    proofs: tuple[Proof, ...]
    jobs: Jobs


@asynccontextmanager
async def open_house(
    config: Config, *, clock: Clock | None = None, network: Network | None = None
) -> AsyncIterator[House]:
    """Build the house and take it down in the end.

    Raises:
        Misconfigured: keys are missing or changed, or the database lacks a migration.
    """
    vault = secrets.load(config)
    if config.embedded:
        migrate.upgrade(config.url_of_database)
    database = Database(config.url_of_database)
    redis = coordination.connect(config.redis_url)
    out = network or open_network(config)
    try:
        await check(database, vault)
        yield build(config, clock or SystemClock(), database, redis, out, vault)
    finally:
        await out.shops.aclose()
        await out.providers.aclose()
        await redis.aclose()
        await database.close()


def open_network(config: Config) -> Network:
    internal = frozenset(host_of(url) for url in config.saleor_internal_urls.values())
    return Network(
        shops=Client(guarded=not config.allow_private_networks, trusted=internal),
        providers=Client(guarded=False),
    )


async def check(database: Database, vault: Vault) -> None:
    """Refuse a database of another version, or one whose look-ups were hashed with another key."""
    if await database.read(lambda conn: migrate.is_behind(conn.engine)):
        raise Misconfigured("The database is not at this version: run `saleor-stoq migrate` first.")
    mine = {"name": "hash_key", "value": vault.fingerprint}

    def compare(conn: sa.Connection) -> str:
        kept = conn.scalar(sa.select(marks.c.value).where(marks.c.name == mine["name"]))
        if kept is None:
            conn.execute(sa.insert(marks).values(mine))
        return kept or mine["value"]

    if await database.write(compare) != vault.fingerprint:
        raise Misconfigured(
            "STOQ_HASH_KEY is not the key that this database was made with; it never changes."
        )


def build(
    config: Config, clock: Clock, database: Database, redis: Redis, network: Network, vault: Vault
) -> House:
    process = process_id(clock.now())
    limiter = coordination.limiter(redis, clock, shared=bool(config.redis_url))
    tools = Tools(network.providers, limiter, clock, config)
    grants = Grants(database, vault, tools)
    tools = replace(tools, tokens=grants)
    shops = Shops(database, vault, clock)
    client = SaleorClient(network.shops, config)
    availability = Availability(client, clock)
    reconciler = Reconciler(client, config)
    choices = Choices(database, clock)
    plans = Plans(database, clock, Plan(config.default_plan))
    connections = Connections(database, vault, clock)
    tickets = Tickets(database, vault, clock)
    contacts = Contacts(database, vault)
    standing = Standing(database=database, clock=clock, shops=shops, client=client)
    carriers = Carriers(plans, connections, tools)
    desk = open_desk(
        database=database,
        clock=clock,
        vault=vault,
        choices=choices,
        plans=plans,
        connections=connections,
        tools=tools,
    )
    checks: Checks = {
        Stage.ALERT: Gate(
            database,
            AlertCheck(
                database=database, clock=clock, choices=choices, availability=availability, contacts=contacts
            ),
        ),
        Stage.CONSENT: ConsentCheck(database, contacts),
    }
    prove = Proving(database=database, clock=clock, shops=shops, availability=availability, choices=choices)
    return House(
        process_id=process,
        config=config,
        clock=clock,
        meters=Meters(),
        database=database,
        redis=redis,
        network=network,
        tools=tools,
        vault=vault,
        limiter=limiter,
        shops=shops,
        client=client,
        registration=Registration(config, network.shops, client, shops, limiter),
        reconciler=reconciler,
        choices=choices,
        plans=plans,
        connections=connections,
        tickets=tickets,
        authorizing=Authorizing(
            config=config,
            database=database,
            shops=shops,
            plans=plans,
            connections=connections,
            tickets=tickets,
            grants=grants,
        ),
        contacts=contacts,
        accounts=Accounts(
            database=database,
            clock=clock,
            choices=choices,
            plans=plans,
            connections=connections,
            tools=tools,
        ),
        desk=desk,
        signups=Signups(database=database, clock=clock, contacts=contacts, choices=choices),
        lookup=Lookup(availability, clock),
        looks=Looks(
            database=database,
            clock=clock,
            config=config,
            shops=shops,
            availability=availability,
            choices=choices,
            standing=standing,
        ),
        restocks=Restocks(database=database, clock=clock, choices=choices),
        standing=standing,
        dispatchers=tuple(
            Dispatcher(
                stage,
                database=database,
                clock=clock,
                shops=shops,
                carriers=carriers,
                checks=checks,
                process=process,
            )
            for stage in Stage
        ),
        proofs=tuple(
            Proof(stage, database=database, clock=clock, carriers=carriers, checks=checks, process=process)
            for stage in Stage
        ),
        jobs=Jobs(
            database,
            clock,
            {
                PROVE: prove,
                consent_backfill.KIND: ConsentBackfill(database, clock),
                housekeeping.KIND: Housekeeping(database, clock),
                reconciling.KIND: Reconciling(shops, reconciler),
                **desk.handlers,
                keeping.KEEP: KeepGrants(database, clock, connections, grants),
                keeping.GIVE_BACK: GiveGrantBack(database, vault, grants),
            },
            process,
        ),
    )
