"""The two servers of `webhook_intake`: our real endpoint, and a bare route that only verifies."""

import asyncio
import json
import socket
import sys
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
import uvicorn
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt import api_jws
from jwt.algorithms import RSAAlgorithm
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from saleor_stoq_app.clock import SystemClock
from saleor_stoq_app.config import Config
from saleor_stoq_app.database.engine import Database
from saleor_stoq_app.database.tables import metadata, watches
from saleor_stoq_app.http import Client
from saleor_stoq_app.saleor import signature
from saleor_stoq_app.saleor.ids import SaleorApiUrl
from saleor_stoq_app.saleor.shops import Shops
from saleor_stoq_app.secrets import Vault, fresh_keys
from saleor_stoq_app.webhooks.router import routes

PATH = "/api/webhooks/stock"
EVENT, TYPENAME = "product_variant_stock_updated", "ProductVariantStockUpdated"
APP_ID, VARIANT, BODY_BYTES = "QXBwOjE=", "UHJvZHVjdFZhcmlhbnQ6NDAy", 2048


def sent(key: rsa.RSAPrivateKey, url: str) -> tuple[bytes, dict[str, str]]:
    """Return a delivery of 2 KB as Saleor sends it: body and headers."""
    facts = {
        "__typename": TYPENAME,
        "recipient": {"id": APP_ID},
        "productVariant": {"id": VARIANT},
        "pad": "",
    }
    facts["pad"] = "x" * (BODY_BYTES - len(json.dumps(facts)))
    body = json.dumps(facts).encode()
    head = {"b64": False, "crit": ["b64"], "kid": "bench"}
    signed = api_jws.encode(body, key, algorithm="RS256", headers=head, is_payload_detached=True)
    names = {"Event": EVENT, "Domain": "bench", "Api-Url": url, "Signature": signed}
    twins = {f"X-Saleor-{name}": names[name] for name in ("Event", "Domain", "Signature")}
    own = {f"Saleor-{name}": value for name, value in names.items()}
    return body, {"User-Agent": "Saleor/3.23", "Content-Type": "application/json"} | twins | own


async def prepare(folder: Path, database_url: str, jwks_port: int) -> tuple[bytes, dict[str, str]]:
    """Install a shop in which somebody waits; return a delivery for it."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True) | {
        "kid": "bench",
        "use": "sig",
        "alg": "RS256",
    }
    (folder / "jwks.json").write_text(json.dumps({"keys": [public]}))
    keys = fresh_keys()
    (folder / "keys.json").write_text(json.dumps(keys))
    url = SaleorApiUrl(f"http://127.0.0.1:{jwks_port}/graphql/")
    database, clock = Database(database_url), SystemClock()
    metadata.create_all(database.engine)
    shops = Shops(database, Vault([keys[0]], keys[1]), clock)
    shop = await shops.save(url, app_id=APP_ID, token="t", jwks={"keys": [public]}, schema_version="3.23")
    times = {"created_at": clock.now(), "due_at": clock.now() + timedelta(hours=1)}
    row = {"shop_id": shop.id, "variant_id": VARIANT, "channel": "default-channel", "hints": 0} | times
    await database.write(lambda conn: conn.execute(sa.insert(watches), row) and None)
    await database.close()
    return sent(key, url)


def bare(folder: Path, _database_url: str) -> Starlette:
    keys = signature.prepare(json.loads((folder / "jwks.json").read_text()))

    async def verify_only(request: Request) -> Response:
        signature.verify(await request.body(), request.headers["saleor-signature"], keys)
        return Response(b"{}", media_type="application/json")

    return Starlette(routes=[Route(PATH, verify_only, methods=["POST"])])


def ours(folder: Path, database_url: str) -> Starlette:
    secret_key, hash_key = json.loads((folder / "keys.json").read_text())
    database, clock = Database(database_url), SystemClock()
    shops = Shops(database, Vault([secret_key], hash_key), clock)
    return Starlette(routes=routes(database, shops, Client(guarded=False), Config(), clock))


async def serve(name: str, folder: Path, database_url: str) -> None:
    app = {"bare": bare, "ours": ours}[name](folder, database_url)
    sock = socket.create_server(("127.0.0.1", 0))
    print(sock.getsockname()[1], flush=True)
    config = uvicorn.Config(app, loop="uvloop", http="httptools", access_log=False, log_level="warning")
    await uvicorn.Server(config).serve(sockets=[sock])


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=__import__("uvloop").new_event_loop) as runner:
        runner.run(serve(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))
