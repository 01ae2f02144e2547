"""A Saleor server that is not there: the state, the doors and the webhooks of one shop."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from types import TracebackType
from typing import Self

import httpx

from saleor_stoq_app.clock import Clock
from saleor_stoq_app.sandbox.saleor.app import Doors
from saleor_stoq_app.sandbox.saleor.bodies import body_of
from saleor_stoq_app.sandbox.saleor.catalogue import Catalogue
from saleor_stoq_app.sandbox.saleor.deliveries import REMEMBERED, Attempt, Delivery, Outbox
from saleor_stoq_app.sandbox.saleor.events import Event, Issued, permission_for
from saleor_stoq_app.sandbox.saleor.faults import Faults
from saleor_stoq_app.sandbox.saleor.installation import Installation
from saleor_stoq_app.sandbox.saleor.installed import InstalledApp, Webhook
from saleor_stoq_app.sandbox.saleor.orders import Orders
from saleor_stoq_app.sandbox.saleor.schema import schema_of
from saleor_stoq_app.sandbox.saleor.shop import DEFAULT_CHANNEL, DEFAULT_WAREHOUSE, Shop, StockMode
from saleor_stoq_app.sandbox.saleor.signing import SigningKey
from saleor_stoq_app.sandbox.saleor.stock_changes import StockChanges
from saleor_stoq_app.sandbox.saleor.tokens import Mint
from saleor_stoq_app.sandbox.saleor.versions import CHANNEL_EVENTS, Version


@dataclass(frozen=True, slots=True)
class Added:
    """The ids of a new product and of its variants, in order."""

    product_id: str
    variant_ids: tuple[str, ...]

    @property
    def variant_id(self) -> str:
        return self.variant_ids[0]


class SandboxSaleor:
    """A stateful double of Saleor: serves `.app`, and calls the apps that it has installed.

    Everything that changes the shop queues the webhooks that Saleor would send, the wrong ones too;
    `deliver()` sends what is due. Set-up (`add_...`) tells nobody.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        api_url: str = "http://127.0.0.1:8000/graphql/",
        version: str = "3.23.28",
        stock_mode: StockMode = "legacy",
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.shop = Shop(clock, api_url, Version.parse(version), stock_mode)
        if stock_mode == "new" and self.shop.version < CHANNEL_EVENTS:
            raise ValueError("The new stock mode begins with Saleor 3.23.2.")
        self._schema = schema_of(self.shop.version)
        self._http = httpx.AsyncClient(transport=transport, follow_redirects=False, trust_env=False)
        self._key: SigningKey | None = None
        self._last = clock.now()
        self._outbox = Outbox(self.shop, self._http, self.key)
        self._installation = Installation(self.shop, self._schema, self._http, self.fire)
        self.faults = Faults()
        self.fired: deque[Event] = deque(maxlen=REMEMBERED)
        self.stock = StockChanges(self.shop, self.fire)
        self.orders = Orders(self.shop, self.fire)
        self.catalogue = Catalogue(self.shop, self.fire)
        self.app = Doors(self.shop, self._schema, self.faults, self.key).app()
        self.shop.add_channel(DEFAULT_CHANNEL)
        self.shop.add_warehouse(DEFAULT_WAREHOUSE)
        self.add_channel = self.shop.add_channel
        self.add_warehouse = self.shop.add_warehouse
        mint = Mint(self.shop, self.key)
        self.dashboard_token = mint.dashboard_token
        self.staff_token = mint.staff_token
        self.customer_token = mint.customer_token

    # Set-up

    def add_product(
        self,
        title: str,
        *,
        variants: Mapping[str, int] | None = None,
        price: Decimal | str = "10.00",
        channel: str | tuple[str, ...] = DEFAULT_CHANNEL,
        attributes: Mapping[str, str] | None = None,
        image: str | None = None,
    ) -> Added:
        """Add a product with variants (name -> stock in the default warehouse), published and for sale."""
        product = self.shop.add_product(title, attributes or {}, image)
        rows = {"Default": 0} if variants is None else variants
        made = {self.shop.add_variant(product, name): quantity for name, quantity in rows.items()}
        for slug in (channel,) if isinstance(channel, str) else channel:
            self.shop.list_product(product, self.shop.channels[slug])
            for variant in made:
                self.shop.list_variant(variant, self.shop.channels[slug], Decimal(price))
        for variant, quantity in made.items():
            self.shop.put(variant, quantity)
        return Added(product.id, tuple(variant.id for variant in made))

    # The life of the app

    @property
    def installed(self) -> InstalledApp:
        """The app that was installed last."""
        return self.shop.apps[-1]

    async def install(self, manifest_url: str, permissions: tuple[str, ...] | None = None) -> InstalledApp:
        """Install an app and queue its APP_INSTALLED.

        Raises:
            InstallationFailed: with the message that staff would read.
        """
        return await self._installation.install(manifest_url, permissions)

    def uninstall(self, app: InstalledApp | None = None) -> None:
        self._installation.uninstall(app or self.installed)

    def deactivate(self, app: InstalledApp | None = None) -> None:
        self._installation.set_active(app or self.installed, active=False)

    def activate(self, app: InstalledApp | None = None) -> None:
        self._installation.set_active(app or self.installed, active=True)

    # Webhooks

    @property
    def pending(self) -> list[Delivery]:
        """What waits to be sent: drop, double, reorder or delay it at will."""
        return self._outbox.pending

    @property
    def attempts(self) -> deque[Attempt]:
        """What was sent, and what came of it."""
        return self._outbox.attempts

    async def deliver(self) -> list[Attempt]:
        """Send everything that is due now; what fails as Saleor would retry it is queued again."""
        return await self._outbox.deliver()

    async def keep_delivering(self, *, every: float = 0.05) -> None:
        """Deliver for ever, as Saleor's workers do; cancel it to stop."""
        while True:
            await self.deliver()
            await self.shop.clock.sleep(every)

    def redeliver(self, delivery: Delivery) -> None:
        """Queue an old delivery once more, byte for byte, as staff can."""
        self._outbox.repeat(delivery)

    def fire(self, event: Event) -> None:
        """Queue an event for every webhook that listens to it."""
        self.fired.append(event)
        at = self._moment()
        for app in self.shop.apps:
            if self._hears(app, event):
                for webhook in app.webhooks:
                    if webhook.is_active and event.name in webhook.events:
                        self._queue(app, webhook, Issued(event, app, at))

    def key(self) -> SigningKey:
        """The key that signs now; made when first needed, because that takes a while."""
        self._key = self._key or SigningKey.generate()
        return self._key

    def rotate_key(self) -> None:
        """Sign with a new key from now on, retries included; the old one is gone from the key set."""
        self._key = SigningKey.generate()

    async def close(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _hears(self, app: InstalledApp, event: Event) -> bool:
        """Lifecycle events go to the app they are about, dead or alive; others to live apps that may know."""
        needed = permission_for(event.name, self.shop.version)
        allowed = needed is None or needed in app.permissions
        return allowed and (app is event.app if event.app else app.alive)

    def _queue(self, app: InstalledApp, webhook: Webhook, issued: Issued) -> None:
        event = issued.event
        make = partial(body_of, self.shop, self._schema, webhook, issued)
        delivery = Delivery(app, webhook, event.header, self.shop.now(), make)
        if not event.deferred:
            delivery.body = make()
        self.pending.append(delivery)

    def _moment(self) -> datetime:
        """Now, but never twice the same: Saleor's events differ by microseconds, and so do their bytes."""
        self._last = max(self.shop.now(), self._last + timedelta(microseconds=1))
        return self._last
