"""How an app keeps its own webhooks, with the refusals of a live Saleor 3.23.28."""

import httpx
import pytest

from saleor_stoq_app.sandbox.saleor import SandboxSaleor
from saleor_stoq_app.sandbox.saleor.installed import InstalledApp

TOKEN = "t" * 30
URL = "http://127.0.0.1:9009/hook"
QUERY = "subscription{event{__typename ... on ProductVariantBackInStock{productVariant{id}} recipient{id}}}"
WEBHOOK = (
    "webhook{id name identifier isActive targetUrl subscriptionQuery customHeaders asyncEvents{eventType}}"
)
ERRORS = "errors{field message code}"
CREATE = f"mutation($i:WebhookCreateInput!){{webhookCreate(input:$i){{{WEBHOOK} {ERRORS}}}}}"
UPDATE = f"""mutation($id:ID,$idf:String,$i:WebhookUpdateInput!){{
  webhookUpdate(id:$id,identifier:$idf,input:$i){{{WEBHOOK} {ERRORS}}}}}"""
DELETE = f"mutation($id:ID,$idf:String){{webhookDelete(id:$id,identifier:$idf){{webhook{{id}} {ERRORS}}}}}"
STOCK = {"name": "stock", "identifier": "stock", "targetUrl": URL, "query": QUERY}


@pytest.fixture
def saleor(clock):
    saleor = SandboxSaleor(clock)
    saleor.shop.apps.append(InstalledApp(1, "stoq.test", "Test", ("MANAGE_PRODUCTS",), TOKEN))
    return saleor


@pytest.fixture
async def ask(saleor):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(saleor.app)) as client:

        async def ask(query, **variables):
            headers = {"Authorization": f"Bearer {TOKEN}"}
            body = {"query": query, "variables": variables}
            return (await client.post("http://127.0.0.1:8000/graphql/", json=body, headers=headers)).json()

        yield ask


@pytest.fixture
def change(ask):
    async def change(query, **variables):
        (result,) = (await ask(query, **variables))["data"].values()
        return result["webhook"], [(e["field"], e["message"], e["code"]) for e in result["errors"]]

    return change


async def test_a_created_webhook_takes_its_events_from_its_query(change, ask):
    webhook, errors = await change(CREATE, i=STOCK)
    assert errors == []
    assert webhook == {
        "id": "V2ViaG9vazox",
        "name": "stock",
        "identifier": "stock",
        "isActive": True,
        "targetUrl": URL,
        "subscriptionQuery": QUERY,
        "customHeaders": "{}",
        "asyncEvents": [{"eventType": "PRODUCT_VARIANT_BACK_IN_STOCK"}],
    }
    answer = await ask("{app{webhooks{id subscriptionQuery}}}")
    assert answer["data"]["app"]["webhooks"] == [{"id": "V2ViaG9vazox", "subscriptionQuery": QUERY}]


async def test_given_events_win_over_the_query(change):
    webhook, _ = await change(CREATE, i=STOCK | {"asyncEvents": ["ORDER_CREATED"]})
    assert webhook["asyncEvents"] == [{"eventType": "ORDER_CREATED"}]


async def test_an_update_changes_what_is_given(change):
    created, _ = await change(CREATE, i=STOCK)
    out = QUERY.replace("BackInStock", "OutOfStock")
    changed, _ = await change(
        UPDATE, idf="stock", i={"targetUrl": URL + "2", "customHeaders": '{"X-Foo": "1"}'}
    )
    assert (changed["targetUrl"], changed["customHeaders"]) == (URL + "2", '{"x-foo":"1"}')
    changed, _ = await change(
        UPDATE, id=created["id"], i={"query": out, "isActive": False, "name": "renamed"}
    )
    assert (changed["name"], changed["isActive"], changed["subscriptionQuery"]) == ("renamed", False, out)
    assert changed["asyncEvents"] == [{"eventType": "PRODUCT_VARIANT_OUT_OF_STOCK"}]
    changed, _ = await change(UPDATE, id=created["id"], i={"identifier": ""})
    assert changed["identifier"] is None


async def test_a_deleted_webhook_is_gone(change):
    webhook, _ = await change(CREATE, i=STOCK)
    assert await change(DELETE, idf="stock") == ({"id": webhook["id"]}, [])
    missing = "Couldn't resolve to a node: "
    assert await change(DELETE, idf="stock") == (None, [("identifier", missing + "stock", "NOT_FOUND")])
    assert await change(DELETE, id=webhook["id"]) == (None, [("id", missing + webhook["id"], "NOT_FOUND")])


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({}, (None, "Webhook with this App and Identifier already exists.", "UNIQUE")),
        ({"targetUrl": "notaurl"}, ("targetUrl", "Enter a valid URL.", "INVALID")),
        (
            {"targetUrl": "http://127.0.0.1/" + "a" * 300},
            ("targetUrl", "Ensure this value has at most 255 characters (it has 317).", "INVALID"),
        ),
        (
            {"query": "subscription{event{... on OrderCreated{order{nope}}}}"},
            ("query", 'Cannot query field "nope" on type "Order".', "GRAPHQL_ERROR"),
        ),
    ],
)
async def test_refusals_are_saleors(change, given, error):
    await change(CREATE, i=STOCK)
    assert await change(CREATE, i=STOCK | given) == (None, [error])


@pytest.mark.parametrize(
    ("pointer", "error"),
    [
        (
            {"id": "x", "idf": "y"},
            (None, "Argument 'id' cannot be combined with 'identifier'", "GRAPHQL_ERROR"),
        ),
        ({}, (None, "At least one of arguments is required: 'id', 'identifier'.", "GRAPHQL_ERROR")),
        ({"idf": "zz"}, ("identifier", "Couldn't resolve to a node: zz", "NOT_FOUND")),
        ({"id": "abc"}, ("id", "Invalid ID: abc. Expected: Webhook.", "GRAPHQL_ERROR")),
    ],
)
async def test_a_webhook_must_be_pointed_at(change, pointer, error):
    assert await change(UPDATE, i={"name": "x"}, **pointer) == (None, [error])


async def test_too_many_or_foreign_headers_are_refused(change):
    for headers in ('{"Cookie": "1"}', str({f"X-{n}": "1" for n in range(6)}).replace("'", '"')):
        _, ((field, _, code),) = await change(CREATE, i=STOCK | {"customHeaders": headers})
        assert (field, code) == ("customHeaders", "INVALID_CUSTOM_HEADERS")


async def test_without_a_living_token_nothing_changes(saleor, ask):
    saleor.deactivate()
    answer = await ask(CREATE, i=STOCK)
    assert answer["data"] == {"webhookCreate": None}
    assert answer["errors"][0]["message"].endswith("MANAGE_APPS, AUTHENTICATED_APP")


async def test_an_app_sees_itself_only(ask):
    assert (await ask('{app(id:"QXBwOjE="){name}}'))["data"] == {"app": {"name": "Test"}}
    assert (await ask('{app(id:"QXBwOjI="){name}}'))["errors"][0]["message"].endswith("MANAGE_APPS")
