"""`create_app`: the web application, from a house that is already built."""

from functools import partial

import orjson
from fastapi import FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST

from saleor_stoq_app.api.limits import Limits
from saleor_stoq_app.api.router import storefront_route
from saleor_stoq_app.api.storefront import StorefrontApi
from saleor_stoq_app.callbacks import oauth
from saleor_stoq_app.database import migrate
from saleor_stoq_app.deliveries import backlog
from saleor_stoq_app.errors import Unavailable
from saleor_stoq_app.saleor import routes as saleor_routes
from saleor_stoq_app.webhooks import router as webhook_routes
from saleor_stoq_app.wiring import House


def create_app(house: House) -> FastAPI:
    """Mount every way in; nothing here reads the environment or opens a connection."""
    app = FastAPI(
        title="STOQ for Saleor", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False
    )
    app.router.routes.extend(
        webhook_routes.routes(house.database, house.shops, house.network.shops, house.config, house.clock)
    )
    app.include_router(saleor_routes.router(house.config, house.registration))
    app.router.routes.append(storefront_route(_storefront(house), house.config.trusted_proxies))
    app.router.routes.extend(oauth.routes(house.config, house.authorizing, house.accounts))
    app.add_api_route("/health", health, methods=["GET"])
    app.add_api_route("/ready", partial(ready, house), methods=["GET"], response_model=None)
    app.add_api_route("/metrics", partial(metrics, house), methods=["GET"], response_model=None)
    return app


def _storefront(house: House) -> StorefrontApi:
    return StorefrontApi(
        shops=house.shops,
        choices=house.choices,
        limits=Limits(house.limiter, house.vault),
        lookup=house.lookup,
        signups=house.signups,
    )


async def health() -> Response:
    """Say that the process answers."""
    return _json(200, {"status": "ok"})


async def ready(house: House) -> Response:
    """Say whether requests can be served: the database answers and is at this version."""
    try:
        behind = await house.database.read(lambda conn: migrate.is_behind(conn.engine))
    except Unavailable:
        return _json(503, {"status": "unavailable"})
    return _json(503 if behind else 200, {"status": "behind" if behind else "ready"})


async def metrics(house: House) -> Response:
    """Return figures for Prometheus; what waits is counted when somebody looks."""
    now = house.clock.now()
    for waiting in await house.database.read(lambda conn: backlog.read(conn, now)):
        oldest = (now - waiting.oldest_due_at).total_seconds() if waiting.oldest_due_at else 0
        house.meters.set_waiting(waiting.what, waiting.count, oldest)
    return Response(house.meters.text(), media_type=CONTENT_TYPE_LATEST)


def _json(status: int, body: dict[str, str]) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")
