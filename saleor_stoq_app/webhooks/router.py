"""Which webhooks of ours there are: identifier, events and work of each, behind one route."""

from collections.abc import Mapping

from starlette.routing import Route

from saleor_stoq_app.clock import Clock
from saleor_stoq_app.config import Config
from saleor_stoq_app.database.engine import Database
from saleor_stoq_app.http import Client
from saleor_stoq_app.saleor.shops import Shops
from saleor_stoq_app.webhooks import lifecycle, orders, stock
from saleor_stoq_app.webhooks.endpoint import Family, WebhookEndpoint
from saleor_stoq_app.webhooks.hints import Hints
from saleor_stoq_app.webhooks.verification import Verifier


def families(db: Database, config: Config) -> Mapping[str, Family]:
    """Return every webhook of ours by its identifier, the last step of its address."""
    look = stock.LookSoon(Hints(db), config.settle_seconds)
    return {
        "stock": Family(stock.EVENTS, look),
        "stock-in-channel": Family(stock.IN_CHANNEL, look),
        "order-changes": Family(orders.EVENTS, look),
        "lifecycle": Family(lifecycle.EVENTS, lifecycle.AskSoon(db)),
    }


def routes(db: Database, shops: Shops, http: Client, config: Config, clock: Clock) -> list[Route]:
    """Return the route under which Saleor's webhooks arrive."""
    endpoint = WebhookEndpoint(Verifier(shops, http, config, clock), clock, families(db, config))
    return [Route("/api/webhooks/{identifier}", endpoint)]
