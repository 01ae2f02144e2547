"""Installing, switching off and removing an app, request by request (saleor.md section 4)."""

import httpx
import pytest
from starlette.responses import JSONResponse, RedirectResponse, Response

from saleor_stoq_app.sandbox.saleor import InstallationFailed, SandboxSaleor
from tests.sandbox.saleor_receiver import BASE, Receiver

MANIFEST = f"{BASE}/manifest"
API = "http://shop.test:8000/graphql/"


@pytest.fixture
def receiver():
    return Receiver()


@pytest.fixture
async def saleor(clock, receiver):
    async with SandboxSaleor(clock, api_url=API, transport=httpx.ASGITransport(receiver.app())) as saleor:
        yield saleor


async def test_saleor_fetches_the_manifest_twice_then_posts_the_token(saleor, receiver):
    app = await saleor.install(MANIFEST)
    first, second, token = receiver.requests
    for request, _ in (first, second):
        assert (request.method, request.url.path) == ("GET", "/manifest")
        assert request.headers["saleor-schema-version"] == "3.23"
        assert request.headers["user-agent"] == "Saleor/3.23"
        assert request.headers["host"] == "app.test"
    request, body = token
    assert body.decode() == f'{{"auth_token": "{app.token}"}}'
    assert (len(app.token), len(body)) == (30, 48)
    sent = [(name, value) for name, value in request.headers.items() if "saleor" in name]
    assert sent == [
        ("x-saleor-domain", "shop.test:8000"),
        ("saleor-domain", "shop.test:8000"),
        ("saleor-api-url", API),
        ("saleor-schema-version", "3.23"),
    ]
    assert (app.token_answer, app.permissions) == (200, ("MANAGE_PRODUCTS", "MANAGE_ORDERS"))


async def test_app_installed_follows(saleor, receiver):
    app = await saleor.install(MANIFEST)
    (attempt,) = await saleor.deliver()
    assert (attempt.delivery.event, attempt.outcome) == ("app_installed", "success")
    assert receiver.requests[-1][0].url.path == "/hooks/lifecycle"
    assert saleor.installed is app


async def test_staff_may_grant_less_than_was_asked_for(saleor):
    app = await saleor.install(MANIFEST, ("MANAGE_PRODUCTS",))
    saleor.orders.draft({saleor.add_product("Shirt").variant_id: 1})
    assert app.permissions == ("MANAGE_PRODUCTS",)
    assert [delivery.event for delivery in saleor.pending] == ["app_installed"]


async def test_a_redirect_counts_as_success_and_the_token_is_lost(saleor, receiver):
    receiver.register_answer = RedirectResponse("/register/", 307)
    app = await saleor.install(MANIFEST)
    assert (app.token_answer, app.alive) == (307, True)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (JSONResponse({"error": {"message": "This shop is not allowed."}}, 403), "This shop is not allowed."),
        (Response(status_code=500), "App internal error (500). Try later or contact with app support."),
    ],
)
async def test_a_refused_token_removes_the_app_again(saleor, receiver, answer, message):
    receiver.register_answer = answer
    with pytest.raises(InstallationFailed) as failure:
        await saleor.install(MANIFEST)
    assert (str(failure.value), saleor.shop.apps, saleor.pending) == (message, [], [])
    receiver.register_answer = None
    assert (await saleor.install(MANIFEST)).alive


async def test_a_manifest_that_cannot_be_had_is_refused(saleor, receiver, clock):
    receiver.manifest_answer = 500
    with pytest.raises(InstallationFailed, match="Unable to fetch"):
        await saleor.install(MANIFEST)
    receiver.manifest_answer, receiver.manifest = 200, ["no manifest"]
    with pytest.raises(InstallationFailed, match="Incorrect structure"):
        await saleor.install(MANIFEST)
    deaf = SandboxSaleor(clock, transport=httpx.MockTransport(_refuse))
    with pytest.raises(InstallationFailed, match="try later"):
        await deaf.install(MANIFEST)


async def test_an_app_that_falls_silent_at_the_token_is_removed_again(clock):
    def fall_silent(request):
        if request.method == "POST":
            raise httpx.ReadTimeout("slow", request=request)
        return httpx.Response(200, json=Receiver().manifest)

    saleor = SandboxSaleor(clock, transport=httpx.MockTransport(fall_silent))
    with pytest.raises(InstallationFailed, match="Failed to connect to app"):
        await saleor.install(MANIFEST)
    assert saleor.shop.apps == []


async def test_a_manifest_without_token_url_or_as_html(saleor, receiver, clock):
    del receiver.manifest["tokenTargetUrl"]
    assert (await saleor.install(MANIFEST)).token_answer is None
    page = SandboxSaleor(clock, transport=httpx.MockTransport(lambda _: httpx.Response(302, html="<html>")))
    with pytest.raises(InstallationFailed, match="Incorrect structure"):
        await page.install(MANIFEST)


def _refuse(request):
    raise httpx.ConnectError("refused", request=request)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": None}, "name: Field required"),
        ({"tokenTargetUrl": "ftp://app.test"}, "tokenTargetUrl"),
        ({"webhooks": [{"name": "x", "targetUrl": BASE}]}, "query: Field required"),
        (
            {
                "webhooks": [
                    {
                        "name": "x",
                        "targetUrl": "nowhere",
                        "query": "subscription{event{... on OrderCreated{order{id}}}}",
                    }
                ]
            },
            "valid URL",
        ),
        (
            {"webhooks": [{"name": "x", "targetUrl": BASE, "query": "subscription{event{issuedAt}}"}]},
            "Can't find a single event",
        ),
        ({"webhooks": [{"name": "x", "targetUrl": BASE, "query": "{shop{name}}"}]}, "can't be found"),
        (
            {"webhooks": [{"name": "x", "targetUrl": BASE, "query": "subscription{event{... on Nope{id}}}"}]},
            'Unknown type "Nope"',
        ),
        ({"webhooks": [{"name": "x", "targetUrl": BASE, "query": "subscription{"}]}, "Syntax Error"),
        (
            {
                "webhooks": [
                    {
                        "name": "x",
                        "targetUrl": BASE,
                        "asyncEvents": ["NOPE"],
                        "query": "subscription{event{... on OrderCreated{order{id}}}}",
                    }
                ]
            },
            "Invalid asynchronous event",
        ),
        (
            {
                "webhooks": [
                    {
                        "name": "x",
                        "targetUrl": BASE,
                        "customHeaders": {"Cookie": "1"},
                        "query": "subscription{event{... on OrderCreated{order{id}}}}",
                    }
                ]
            },
            "does not match",
        ),
        (
            {
                "webhooks": [
                    {
                        "name": "x",
                        "identifier": "x",
                        "targetUrl": BASE,
                        "query": "subscription{event{... on OrderCreated{order{id}}}}",
                    }
                ]
                * 2
            },
            "Duplicate webhook identifier",
        ),
    ],
)
async def test_a_manifest_that_saleor_would_refuse_is_refused(saleor, receiver, change, message):
    receiver.manifest |= change
    with pytest.raises(InstallationFailed) as failure:
        await saleor.install(MANIFEST)
    assert message in str(failure.value)


async def test_conflicting_channel_events_in_one_document_fail_the_installation(saleor, receiver):
    both = """subscription { event { ... on ProductVariantBackInStock { productVariant { id } }
      ... on ProductVariantBackInStockInChannel { productVariant { id } } } }"""
    receiver.manifest["webhooks"][0]["query"] = both
    with pytest.raises(InstallationFailed, match="conflict"):
        await saleor.install(MANIFEST)


async def test_an_overlong_value_leaves_an_orphan_that_blocks_the_next_installation(saleor, receiver):
    receiver.manifest["webhooks"][0]["targetUrl"] = f"{BASE}/{'a' * 250}"
    with pytest.raises(InstallationFailed, match="Unknown error"):
        await saleor.install(MANIFEST)
    receiver.manifest = Receiver().manifest
    with pytest.raises(InstallationFailed, match="already installed"):
        await saleor.install(MANIFEST)


async def test_a_second_installation_needs_an_uninstall_and_gets_a_new_id_and_token(saleor):
    first = await saleor.install(MANIFEST)
    with pytest.raises(InstallationFailed, match="already installed"):
        await saleor.install(MANIFEST)
    saleor.uninstall()
    second = await saleor.install(MANIFEST)
    assert (first.id, second.id) == ("QXBwOjE=", "QXBwOjI=")
    assert first.token != second.token
    assert saleor.shop.app_of(first.token) is None
    assert saleor.shop.app_of(second.token) is second


async def test_3_24_refuses_manage_apps(clock, receiver):
    receiver.manifest["permissions"] = ["MANAGE_APPS"]
    saleor = SandboxSaleor(clock, version="3.24.0", transport=httpx.ASGITransport(receiver.app()))
    with pytest.raises(InstallationFailed, match="MANAGE_APPS"):
        await saleor.install(MANIFEST)


async def test_a_switched_off_app_hears_of_that_and_of_nothing_else(saleor, receiver):
    app = await saleor.install(MANIFEST)
    shirt = saleor.add_product("Shirt").variant_id
    await saleor.deliver()
    saleor.stock.update(shirt, 1)
    saleor.deactivate()
    saleor.stock.update(shirt, 0)
    outcomes = [(attempt.delivery.event, attempt.outcome) for attempt in await saleor.deliver()]
    assert outcomes == [
        ("product_variant_back_in_stock", "dropped"),
        ("product_variant_stock_updated", "dropped"),
        ("app_status_changed", "success"),
    ]
    assert saleor.shop.app_of(app.token) is None
    assert receiver.requests[-1][1].endswith(b'"app": {"id": "QXBwOjE=", "isActive": false}}')
    saleor.activate()
    assert saleor.shop.app_of(app.token) is app


async def test_app_deleted_arrives_when_the_token_is_dead(saleor, receiver):
    app = await saleor.install(MANIFEST)
    saleor.uninstall()
    assert saleor.shop.app_of(app.token) is None
    await saleor.deliver()
    request, body = receiver.requests[-1]
    assert request.headers["saleor-event"] == "app_deleted"
    assert b'"__typename": "AppDeleted"' in body


async def test_before_3_23_5_lifecycle_events_need_manage_apps(clock, receiver):
    saleor = SandboxSaleor(clock, version="3.22.67", transport=httpx.ASGITransport(receiver.app()))
    await saleor.install(MANIFEST)
    saleor.deactivate()
    assert saleor.pending == []
