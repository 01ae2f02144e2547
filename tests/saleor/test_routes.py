import httpx
import orjson
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.responses import Response

from saleor_stoq_app import http
from saleor_stoq_app.config import Config
from saleor_stoq_app.coordination import Limiter
from saleor_stoq_app.errors import Misconfigured
from saleor_stoq_app.saleor.client import SaleorClient
from saleor_stoq_app.saleor.manifest import build_manifest
from saleor_stoq_app.saleor.registration import PER_SHOP, Registration
from saleor_stoq_app.saleor.routes import router
from saleor_stoq_app.saleor.shops import Shops
from tests.fixtures.deliveries import ALL
from tests.fixtures.fake_shop import App, FakeShop

URL = "https://shop.example/graphql/"
CONFIG = Config(app_base_url="https://stoq.example", allowed_saleor_urls=(URL,))
HEADERS = {"Saleor-Api-Url": URL, "Saleor-Schema-Version": "3.23", "Content-Type": "application/json"}
GOOD = {"auth_token": "good-token"}


@pytest.fixture
def fake():
    return FakeShop(apps={"good-token": App("QXBwOjE=")})


@pytest.fixture
def shops(database, vault, clock):
    return Shops(database, vault, clock)


@pytest.fixture
async def saleor(fake, shops, redis, clock):
    """Saleor's side of the two routes."""
    async with http.Client(guarded=False, transport=fake.transport()) as client:
        registration = Registration(
            CONFIG, client, SaleorClient(client, CONFIG), shops, Limiter(redis, clock)
        )
        app = FastAPI(redirect_slashes=False)
        app.include_router(router(CONFIG, registration))
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://evil.test"
        ) as caller:
            yield caller


def post(saleor, body=GOOD, **headers):
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    named = HEADERS | {name.replace("_", "-"): value for name, value in headers.items()}
    return saleor.post(
        "/api/register", content=content, headers={k: v for k, v in named.items() if v is not None}
    )


def refusal(answer):
    assert answer.json()["success"] is False
    assert set(answer.json()) == {"success", "error"}
    assert set(answer.json()["error"]) == {"code", "message"}
    assert answer.json()["error"]["message"]
    return answer.status_code, answer.json()["error"]["code"]


async def test_the_manifest_is_made_for_the_saleor_that_asks(saleor):
    for version in ("3.21", "3.24", "nonsense"):
        answer = await saleor.get("/api/manifest", headers={"Saleor-Schema-Version": version})
        assert answer.status_code == 200
        assert answer.json() == build_manifest(CONFIG, version)
        assert answer.headers["vary"] == "Saleor-Schema-Version"
    assert (await saleor.get("/api/manifest")).json() == build_manifest(CONFIG, None)


async def test_the_captured_manifest_request_is_answered_without_its_host(saleor):
    captured = ALL["http__manifest_get"].headers
    answer = await saleor.get("/api/manifest", headers=captured)
    assert len(answer.json()["webhooks"]) == 4
    assert captured["Host"] not in answer.text
    assert "evil.test" not in answer.text


async def test_a_token_is_registered(saleor, shops):
    answer = await post(saleor)
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert (await shops.by_url(URL)).token == "good-token"


async def test_the_captured_token_post_is_registered(saleor, shops, fake):
    captured = ALL["http__register_token_post"]
    fake.apps["ExampleAppToken000000000000000"] = App("QXBwOjE=")
    answer = await saleor.post(
        "/api/register", content=captured.raw, headers=captured.headers | {"Saleor-Api-Url": URL}
    )
    assert answer.status_code == 200
    assert (await shops.by_url(URL)).schema_version == "3.23"


@pytest.mark.parametrize("path", ["/api/manifest/", "/api/register/", "/api//register", "/API/register"])
async def test_no_path_is_ever_redirected(saleor, path):
    for method in ("GET", "POST"):
        assert (await saleor.request(method, path)).status_code == 404


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Saleor_Api_Url": None}, 400, "INVALID"),
        ({"Saleor_Api_Url": "nonsense"}, 400, "INVALID"),
        ({"Saleor_Api_Url": "https://other.example/graphql/"}, 403, "SALEOR_URL_PROHIBITED"),
        ({"Content_Type": "text/plain"}, 400, "INVALID"),
        ({"Content_Type": None}, 400, "INVALID"),
    ],
)
async def test_wrong_headers_are_refused(saleor, headers, status, code):
    assert refusal(await post(saleor, **headers)) == (status, code)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "INVALID"),
        (b"{", "INVALID"),
        (b"[]", "MISSING_TOKEN"),
        (b"{}", "MISSING_TOKEN"),
        (b'{"auth_token": ""}', "MISSING_TOKEN"),
        (b'{"auth_token": 5}', "MISSING_TOKEN"),
        (b'{"auth_token": "two words"}', "MISSING_TOKEN"),
    ],
)
async def test_wrong_bodies_are_refused(saleor, body, code):
    assert refusal(await post(saleor, body)) == (400, code)


async def test_a_large_body_is_refused_before_it_is_read_whole(saleor):
    sent = 0

    async def endless():
        nonlocal sent
        while True:
            sent += 1
            yield b" " * 4096

    answer = await saleor.post("/api/register", content=endless(), headers=HEADERS)
    assert refusal(answer) == (413, "TOO_LARGE")
    assert sent < 10


async def test_each_failure_has_its_status_and_nobodys_secret(saleor, fake, caplog):
    assert refusal(await post(saleor, {"auth_token": "stolen-token"})) == (401, "UNKNOWN_APP_ID")
    fake.apps["good-token"] = App("QXBwOjE=", permissions=("MANAGE_PRODUCTS",))
    answer = await post(saleor)
    assert refusal(answer) == (403, "MISSING_PERMISSIONS")
    assert "MANAGE_ORDERS" in answer.text
    fake.apps["good-token"] = App("QXBwOjE=")
    fake.keys_answer = Response(status_code=404)
    assert refusal(await post(saleor)) == (401, "JWKS_NOT_AVAILABLE")
    fake.keys_answer = Response(status_code=500)
    assert refusal(await post(saleor)) == (503, "UNAVAILABLE")
    fake.graphql_status = 502
    assert refusal(await post(saleor))[0] == 503
    fake.graphql_status = 400
    assert 400 <= refusal(await post(saleor))[0] <= 503
    assert "token" not in caplog.text.replace("auth_token", "")


async def test_a_flood_is_told_to_come_later(saleor):
    for _ in range(PER_SHOP.calls):
        await post(saleor, {"auth_token": "guess"})
    assert refusal(await post(saleor)) == (503, "TOO_MANY")


def test_a_base_address_that_saleor_cannot_take_stops_the_start():
    with pytest.raises(Misconfigured):
        router(Config(app_base_url="https://" + "a" * 250), registration=None)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=200)
    | st.dictionaries(st.sampled_from(["auth_token", "x"]), st.text() | st.integers(0, 9) | st.none()).map(
        orjson.dumps
    )
)
async def test_any_body_is_refused_in_saleors_words(saleor, body):
    status, _ = refusal(await post(saleor, body, Saleor_Api_Url="https://other.example/graphql/"))
    assert status in {400, 403}
