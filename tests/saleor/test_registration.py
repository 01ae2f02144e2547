import httpx
import pytest
from starlette.responses import Response

from saleor_stoq_app import http
from saleor_stoq_app.config import Config
from saleor_stoq_app.coordination import Limiter
from saleor_stoq_app.errors import Forbidden, InvalidInput, TooMany, Unauthenticated, Unavailable
from saleor_stoq_app.saleor.client import SaleorClient
from saleor_stoq_app.saleor.manifest import APP_ID
from saleor_stoq_app.saleor.registration import PER_SHOP, Registration
from saleor_stoq_app.saleor.shops import Shops
from tests.fixtures.fake_shop import App, FakeShop, public_jwk

URL = "https://shop.example/graphql/"
CONFIG = Config(allowed_saleor_urls=("https://*.example/graphql/",))


@pytest.fixture
def fake():
    return FakeShop(apps={"good-token": App("QXBwOjE=")})


@pytest.fixture
def shops(database, vault, clock):
    return Shops(database, vault, clock)


@pytest.fixture
async def registration(fake, shops, redis, clock):
    async with http.Client(guarded=False, transport=fake.transport()) as client:
        yield build(client, shops, redis, clock)


def build(client, shops, redis, clock, config=CONFIG):
    return Registration(config, client, SaleorClient(client, config), shops, Limiter(redis, clock))


async def test_a_proved_token_is_kept_with_the_shops_keys(registration, shops, fake):
    shop = await registration.register("https://Shop.Example/graphql", "good-token", "3.23")
    assert (shop.saleor_api_url, shop.app_id, shop.token) == (URL, "QXBwOjE=", "good-token")
    assert (shop.jwks, shop.schema_version) == (fake.jwks, "3.23")
    assert await shops.active() == [shop]


async def test_a_shop_that_tells_no_version_counts_as_the_oldest(registration):
    assert (await registration.register(URL, "good-token", None)).schema_version == "3.21"


async def test_a_reinstallation_takes_the_new_token_and_keys(registration, fake):
    first = await registration.register(URL, "good-token", "3.23")
    fake.apps = {"new-token": App("QXBwOjI=")}
    fake.jwks = {"keys": [public_jwk("second")]}
    second = await registration.register(URL, "new-token", "3.24")
    assert (second.id, second.public_key) == (first.id, first.public_key)
    assert (second.app_id, second.token, second.jwks) == ("QXBwOjI=", "new-token", fake.jwks)


@pytest.mark.parametrize("allowed", [(), ("https://other.example/graphql/",)])
async def test_a_shop_that_is_not_allowed_is_refused_before_anything_is_asked(
    allowed, fake, shops, redis, clock
):
    async with http.Client(guarded=False, transport=fake.transport()) as client:
        closed = build(client, shops, redis, clock, Config(allowed_saleor_urls=allowed))
        with pytest.raises(Forbidden) as refused:
            await closed.register(URL, "good-token", "3.23")
    assert refused.value.code == "SALEOR_URL_PROHIBITED"
    assert fake.calls == []


async def test_an_unencrypted_shop_is_for_development_only(fake, shops, redis, clock):
    plain, everyone = URL.replace("https", "http"), ("*",)
    async with http.Client(guarded=False, transport=fake.transport()) as client:
        strict = build(client, shops, redis, clock, Config(allowed_saleor_urls=everyone))
        with pytest.raises(Forbidden, match="not encrypted"):
            await strict.register(plain, "good-token", "3.23")
        relaxed = Config(allowed_saleor_urls=everyone, allow_private_networks=True)
        shop = await build(client, shops, redis, clock, relaxed).register(plain, "good-token", "3.23")
    assert shop.saleor_api_url == plain


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "[::1]", "[fd00::1]", "192.168.0.9"]
)
async def test_a_private_address_is_refused(host, shops, redis, clock):
    config = Config(allowed_saleor_urls=("*",))
    async with http.Client(guarded=True) as client:
        guarded = build(client, shops, redis, clock, config)
        with pytest.raises(Forbidden) as refused:
            await guarded.register(f"https://{host}/graphql/", "good-token", "3.23")
    assert refused.value.code == "PRIVATE_ADDRESS"
    assert await shops.active() == []


async def test_a_shop_behind_an_internal_address_is_asked_there_and_kept_under_its_public_one(
    fake, shops, redis, clock
):
    config = Config(allowed_saleor_urls=(URL,), saleor_internal_urls={URL: "http://api:8000/graphql/"})
    async with http.Client(guarded=False, transport=fake.transport()) as client:
        shop = await build(client, shops, redis, clock, config).register(URL, "good-token", "3.23")
    assert shop.saleor_api_url == URL
    assert fake.calls == ["http://api:8000/graphql/", "http://api:8000/.well-known/jwks.json"]


@pytest.mark.parametrize("token", ["bad-token", "other-apps-token", "null-token"])
async def test_a_token_that_is_not_ours_changes_nothing(token, registration, shops, fake):
    shop = await registration.register(URL, "good-token", "3.23")
    fake.apps["other-apps-token"] = App("QXBwOjk=", identifier="saleor.app.other")
    fake.apps["null-token"] = App(None)
    with pytest.raises(Unauthenticated) as refused:
        await registration.register(URL, token, "3.23")
    assert refused.value.code == "UNKNOWN_APP_ID"
    assert token not in str(refused.value)
    assert await shops.by_url(URL, fresh=True) == shop


@pytest.mark.parametrize(
    ("app", "refusal"),
    [
        (None, Unauthenticated),
        ("STOQ", Unauthenticated),
        ({"id": "x" * 300, "identifier": APP_ID}, Unauthenticated),
        ({"id": "QXBwOjE=", "identifier": APP_ID}, Forbidden),
        ({"id": "QXBwOjE=", "identifier": APP_ID, "permissions": 5}, Forbidden),
        ({"id": "QXBwOjE=", "identifier": APP_ID, "permissions": [None, {}, {"code": []}]}, Forbidden),
    ],
)
async def test_a_shop_that_answers_nonsense_is_not_registered(app, refusal, shops, redis, clock):
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json={"data": {"app": app}}))
    async with http.Client(guarded=False, transport=transport) as client:
        with pytest.raises(refusal):
            await build(client, shops, redis, clock).register(URL, "good-token", "3.23")
    assert await shops.active() == []


@pytest.mark.parametrize(
    ("granted", "missing"),
    [(("MANAGE_PRODUCTS",), "MANAGE_ORDERS"), ((), "MANAGE_PRODUCTS and MANAGE_ORDERS")],
)
async def test_missing_permissions_are_named(granted, missing, registration, shops, fake):
    fake.apps["good-token"] = App("QXBwOjE=", permissions=granted)
    with pytest.raises(Forbidden, match=f"without {missing}") as refused:
        await registration.register(URL, "good-token", "3.23")
    assert refused.value.code == "MISSING_PERMISSIONS"
    assert await shops.by_url(URL) is None


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "tökën", "x" * 513])
async def test_a_token_that_cannot_be_one_is_never_sent(token, registration, fake):
    with pytest.raises(InvalidInput):
        await registration.register(URL, token, "3.23")
    assert fake.calls == []


@pytest.mark.parametrize("url", ["", "shop.example", "file:///graphql/", "https://shop.example/graphql/?a"])
async def test_an_address_that_cannot_be_read_is_refused(url, registration):
    with pytest.raises(InvalidInput):
        await registration.register(url, "good-token", "3.23")


async def test_a_shop_in_trouble_is_asked_again_later(registration, shops, fake):
    fake.graphql_status = 500
    with pytest.raises(Unavailable):
        await registration.register(URL, "good-token", "3.23")
    assert await shops.by_url(URL) is None


async def test_keys_that_cannot_be_fetched_now_are_our_trouble_and_keys_that_are_none_the_shops(
    registration, shops, fake
):
    fake.keys_answer = Response(status_code=503)
    with pytest.raises(Unavailable):
        await registration.register(URL, "good-token", "3.23")
    fake.keys_answer = Response(status_code=404)
    with pytest.raises(Unauthenticated) as refused:
        await registration.register(URL, "good-token", "3.23")
    assert refused.value.code == "JWKS_NOT_AVAILABLE"
    assert await shops.by_url(URL) is None


async def test_a_flood_of_tokens_does_not_reach_the_shop(registration, fake):
    for _ in range(PER_SHOP.calls):
        with pytest.raises(Unauthenticated):
            await registration.register(URL, "guess", "3.23")
    with pytest.raises(TooMany) as refused:
        await registration.register(URL, "guess", "3.23")
    assert 0 < refused.value.after <= PER_SHOP.seconds
    assert len(fake.calls) == PER_SHOP.calls
