"""Who may see what, and how the double refuses: as a live Saleor 3.23.28 was seen to do."""

import httpx
import pytest

from saleor_stoq_app.sandbox.saleor import SandboxSaleor
from tests.sandbox.saleor_caller import DENIED, TOKEN, URL, calling, with_app

LOOK = """query Look($ids: [ID!], $channel: String) { app { id }
  productVariants(ids: $ids, channel: $channel, first: 100) { edges { node { id quantityAvailable
    stocks { quantity } channelListings { price { amount } } } } } }"""


@pytest.fixture
def saleor(clock):
    return with_app(SandboxSaleor(clock))


@pytest.fixture
async def ask(saleor):
    async with calling(saleor) as caller:
        yield caller


@pytest.mark.parametrize("trouble", ["dead", "missing", "deactivated"])
async def test_a_dead_token_is_an_anonymous_visitor(saleor, ask, trouble):
    visible, hidden = saleor.add_product("Shirt", variants={"S": 5}), saleor.add_product("Secret")
    saleor.catalogue.unpublish(hidden.product_id)
    if trouble == "deactivated":
        saleor.deactivate()
    token = {"dead": "x" * 30, "missing": "", "deactivated": TOKEN}[trouble]
    status, answer = await ask(
        LOOK, token, ids=[visible.variant_id, hidden.variant_id], channel="default-channel"
    )
    (node,) = [edge["node"] for edge in answer["data"]["productVariants"]["edges"]]
    assert (status, answer["data"]["app"], node["id"]) == (200, None, visible.variant_id)
    assert (node["quantityAvailable"], node["stocks"], node["channelListings"]) == (5, None, None)
    first = answer["errors"][0]
    assert (first["path"], first["message"]) == (
        ["app"],
        DENIED + "AUTHENTICATED_STAFF_USER, AUTHENTICATED_APP",
    )
    assert first["extensions"] == {"exception": {"code": "PermissionDenied"}}
    _, answer = await ask("mutation($t: String!) { appTokenVerify(token: $t) { valid } }", "", t=token)
    assert answer["data"] == {"appTokenVerify": {"valid": False}}


async def test_a_visitor_sees_only_what_is_for_everyone(saleor, ask):
    names = {}
    for name in ("open", "hidden", "unpriced", "unsold"):
        names[name] = saleor.add_product(name, variants={"S": 1})
    saleor.shop.product(names["hidden"].product_id).listings["default-channel"].visible_in_listings = False
    saleor.catalogue.set_price(names["unpriced"].variant_id, None)
    saleor.catalogue.sell_from(names["unsold"].product_id, None)
    query = (
        "query($c: String) { productVariants(first: 9, channel: $c) { edges { node { product { name } } } } }"
    )
    _, answer = await ask(query, "", c="default-channel")
    shown = [edge["node"]["product"]["name"] for edge in answer["data"]["productVariants"]["edges"]]
    assert shown == ["open", "unsold"]
    saleor.catalogue.set_channel_active("default-channel", active=False)
    _, answer = await ask(query, "", c="default-channel")
    assert answer["data"]["productVariants"]["edges"] == []
    saleor.add_channel("channel-pln")
    saleor.add_channel("channel-eur")
    _, answer = await ask(query, "")
    assert answer["errors"][0]["message"].startswith("More than one channel exists.")


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "JWT"])
async def test_every_way_to_show_a_token(ask, scheme):
    assert (await ask("{ app { identifier permissions { code } } }", scheme=scheme))[1]["data"]["app"] == {
        "identifier": "stoq.test",
        "permissions": [{"code": "MANAGE_ORDERS"}, {"code": "MANAGE_PRODUCTS"}],
    }
    answer = await ask.http.post(
        URL, json={"query": "{ app { name } }"}, headers={"Authorization-Bearer": TOKEN}
    )
    assert answer.json()["data"] == {"app": {"name": "Test"}}


@pytest.mark.parametrize(
    ("query", "message", "code"),
    [
        ("{app{id", "Syntax Error GraphQL (1:8) Expected Name", "GraphQLSyntaxError"),
        ("{app{id nope}}", 'Cannot query field "nope" on type "App".', "GraphQLError"),
        ("query($c:String!){channel(slug:$c){id}}", "Variable ", "GraphQLError"),
        ("", "Must provide a query string.", "GraphQLError"),
        ("{channel(slug:null){id}}", 'Unexpected Name "null"', "GraphQLSyntaxError"),
        ("query A{app{id}} query B{app{id}}", "Must provide operation name", "GraphQLError"),
    ],
)
async def test_wrong_queries_are_refused_with_400(ask, query, message, code):
    status, answer = await ask(query)
    assert (status, "data" in answer) == (400, False)
    assert message in answer["errors"][0]["message"]
    assert answer["errors"][0]["extensions"]["exception"]["code"] == code


async def test_bodies_that_are_no_request_are_refused(ask):
    sent = {
        "Unable to parse query.": {"content": b'{"query":', "headers": {"Content-Type": "application/json"}},
        "Must provide a query string.": {
            "content": b'{"query": "{app{id}}"}',
            "headers": {"Content-Type": "text/plain"},
        },
        "Number of batch queries exceeded.": {"json": [{"query": "{app{id}}"}] * 2},
    }
    for message, request in sent.items():
        answer = await ask.http.post(URL, **request)
        assert (answer.status_code, answer.json()["errors"][0]["message"]) == (400, message)
    assert (await ask.http.post(URL.removesuffix("/"), json={"query": "{app{id}}"})).status_code == 404


async def test_a_query_that_costs_too_much_is_refused(ask):
    many = " ".join(
        f"a{i}: productVariants(first: 100) {{ edges {{ node {{ product {{ id }} }} }} }}" for i in range(260)
    )
    status, answer = await ask(f"{{ {many} }}")
    assert (status, answer["errors"][0]["extensions"]["exception"]["code"]) == (400, "QueryCostError")


async def test_a_subscription_is_no_request(ask):
    status, answer = await ask("subscription { event { issuedAt } }")
    assert (status, answer["data"]) == (200, None)
    assert "Subscriptions are not allowed" in answer["errors"][0]["message"]


@pytest.mark.parametrize(
    ("version", "query", "status"),
    [
        ("3.23.28", "{productVariants(first:1){edges{node{preorder{endDate}}}}}", 200),
        ("3.24.0", "{productVariants(first:1){edges{node{preorder{endDate}}}}}", 400),
        ("3.22.67", "{shop{useLegacyShippingZoneStockAvailability}}", 400),
        ("3.23.28", "{shop{useLegacyShippingZoneStockAvailability}}", 200),
        ("3.23.10", "{app{webhooks{identifier}}}", 400),
    ],
)
async def test_each_version_has_its_own_fields(clock, version, query, status):
    saleor = SandboxSaleor(clock, version=version)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(saleor.app)) as client:
        answer = await client.post("http://127.0.0.1:8000/graphql/", json={"query": query})
    assert answer.status_code == status
