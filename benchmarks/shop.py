"""Fills a database with a shop, its Klaviyo account and many waiting signups, without a request for each."""

from collections.abc import Iterator
from datetime import timedelta

import sqlalchemy as sa

from saleor_stoq_app.alerts import consent
from saleor_stoq_app.alerts.sellable import sellable
from saleor_stoq_app.clock import new_id
from saleor_stoq_app.database.tables import consent_texts, deliveries, signups, watches
from saleor_stoq_app.deliveries.ledger import State, consent_key
from saleor_stoq_app.events import AlertType, Medium, Stage
from saleor_stoq_app.providers.base import Account, ProviderId, SetupMethod
from saleor_stoq_app.providers.klaviyo.flow_table import TEMPLATES
from saleor_stoq_app.saleor.availability import Facts
from saleor_stoq_app.saleor.ids import parse_saleor_api_url
from saleor_stoq_app.saleor.manifest import APP_ID, PERMISSIONS
from saleor_stoq_app.saleor.shops import Shop
from saleor_stoq_app.sandbox.saleor import SandboxSaleor
from saleor_stoq_app.sandbox.saleor.installed import InstalledApp
from saleor_stoq_app.settings.models import BackInStockRules, Storefront
from saleor_stoq_app.setup import store
from saleor_stoq_app.setup.steps import Setup, SetupFlow, Step
from saleor_stoq_app.setup.store import Kept, Place
from saleor_stoq_app.wiring import House

TEXT = "Text me once when this is back in stock."
CHANNEL = "default-channel"
CHUNK = 10_000
SOLD_OUT = Facts(0, published=True, purchasable=True, priced=True, preorder=False)


async def install(house: House, saleor: SandboxSaleor, key: str) -> Shop:
    """Write what an installation and a connection leave behind; the token is that of a made-up app."""
    app = InstalledApp(1, APP_ID, "STOQ", tuple(PERMISSIONS), "a token of the bench")
    saleor.shop.apps.append(app)
    shop = await house.shops.save(
        parse_saleor_api_url(saleor.shop.api_url),
        app_id=app.id,
        token=app.token,
        jwks={"keys": []},
        schema_version="3.23",
    )
    account = Account("AbC123", "Bench", frozenset({"events:read", "events:write", "metrics:read"}))
    await house.connections.connect(
        shop.id, ProviderId.KLAVIYO, kind="api_key", credential=key, account=account
    )
    await house.database.write(lambda conn: _verified(conn, house, shop))
    window = Storefront(origins=("https://shop.example",), product_url="https://shop.example/{slug}")
    await house.choices.change(
        shop.id,
        lambda now: now.model_copy(update={"storefronts": {CHANNEL: window}}).sending(
            AlertType.BACK_IN_STOCK, Medium.SMS, ProviderId.KLAVIYO
        ),
    )
    return shop


def _verified(conn: sa.Connection, house: House, shop: Shop) -> None:
    """Leave behind what a verified flow leaves behind."""
    now, place = house.clock.now(), Place(shop.id, AlertType.BACK_IN_STOCK, ProviderId.KLAVIYO)
    alert, *_ = TEMPLATES[AlertType.BACK_IN_STOCK]
    flow = SetupFlow(alert.key, alert.metric, alert.name, live=True, verified=True)
    store.locked(conn, place, now)
    setup = Setup(Step.MANUAL, SetupMethod.MANUAL, generation=1, flows=(flow,))
    store.put(conn, place, Kept(setup), now)


async def wait_for(house: House, shop: Shop, variant_id: str, count: int, *, first: int = 0) -> None:
    """Let `count` shoppers wait, their consent read back already, and watch the variant as sold out."""
    await house.database.write(lambda conn: _watch(conn, house, shop, variant_id))
    for start in range(first, first + count, CHUNK):
        numbers = range(start, min(start + CHUNK, first + count))
        rows = list(_rows(house, shop, variant_id, numbers))
        consents = [_consented(row) for row in rows]
        await house.database.write(lambda conn: conn.execute(sa.insert(signups), rows).rowcount)  # noqa: B023
        await house.database.write(lambda conn: conn.execute(sa.insert(deliveries), consents).rowcount)  # noqa: B023


def phone(number: int) -> str:
    return f"+1{3105550000 + number}"


def _watch(conn: sa.Connection, house: House, shop: Shop, variant_id: str) -> None:
    now = house.clock.now()
    text = {"shop_id": shop.id, "version": consent.version("en", TEXT), "locale": "en", "text": TEXT}
    if not conn.scalar(sa.select(sa.func.count()).where(consent_texts.c.shop_id == shop.id)):
        conn.execute(sa.insert(consent_texts), text)
    conn.execute(
        sa.insert(watches).values(
            shop_id=shop.id,
            variant_id=variant_id,
            channel=CHANNEL,
            facts=SOLD_OUT.to_json(),
            sellable=sellable(SOLD_OUT, BackInStockRules()),
            due_at=now + timedelta(hours=1),
            hints=0,
            created_at=now,
        )
    )


def _rows(house: House, shop: Shop, variant_id: str, numbers: range) -> Iterator[dict[str, object]]:
    for number in numbers:
        now = house.clock.now()
        yield {
            "id": new_id(now),
            "shop_id": shop.id,
            "variant_id": variant_id,
            "channel": CHANNEL,
            "medium": Medium.SMS,
            "contact": house.contacts.seal(phone(number), "Sarah"),
            "contact_hash": house.contacts.hash(shop.id, phone(number)),
            "language": "en",
            "country": "US",
            "quantity": 1,
            "source": "bench",
            "consent_version": consent.version("en", TEXT),
            "consent_origin": "",
            "created_at": now,
            "confirmed_at": now,
            "proved_at": now,
        }


def _consented(row: dict[str, object]) -> dict[str, object]:
    return {
        "shop_id": row["shop_id"],
        "told_key": consent_key(str(row["id"])),
        "signup_id": row["id"],
        "alert_type": AlertType.BACK_IN_STOCK,
        "stage": Stage.CONSENT,
        "medium": Medium.SMS,
        "provider": ProviderId.KLAVIYO,
        "generation": 1,
        "state": State.ACCEPTED,
        "reason": "",
        "attempts": 1,
        "created_at": row["created_at"],
    }
