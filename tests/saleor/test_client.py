"""How an answer of Saleor becomes data or one of our errors."""

from contextlib import suppress

import httpx
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_stoq_app.config import Config
from saleor_stoq_app.errors import Unavailable
from saleor_stoq_app.http import Client, Response
from saleor_stoq_app.saleor.client import Credentials, NotNow, Refused, SaleorClient, TokenRefused, read
from saleor_stoq_app.saleor.ids import parse_saleor_api_url

SHOP = Credentials(parse_saleor_api_url("https://shop.example/graphql/"), "t" * 30)


def failing(*codes: str, data: object = None) -> bytes:
    stack = {"stacktrace": ["Traceback", "secret internals"]}
    errors = [
        {"message": "secret message", "extensions": {"exception": {"code": it} | stack}} for it in codes
    ]
    return orjson.dumps({"errors": errors, "data": data})


ANSWERS = [
    pytest.param(200, failing("PermissionDenied"), TokenRefused, id="a dead token"),
    pytest.param(200, failing("PermissionDenied", data={"app": None}), TokenRefused, id="a part of the data"),
    pytest.param(
        400, failing("GraphQLError", "PermissionDenied"), TokenRefused, id="a dead token among others"
    ),
    pytest.param(200, failing("ExpiredSignatureError"), TokenRefused, id="an expired token"),
    pytest.param(401, b"", TokenRefused, id="401"),
    pytest.param(403, b"<html>", TokenRefused, id="403"),
    pytest.param(400, failing("GraphQLError"), Refused, id="an unknown field"),
    pytest.param(200, failing("GraphQLError"), Refused, id="a malformed id"),
    pytest.param(400, failing("GraphQLSyntaxError"), Refused, id="no GraphQL"),
    pytest.param(400, failing("QueryCostError"), Refused, id="too costly"),
    pytest.param(200, failing("OperationalError"), NotNow, id="Saleor's database is down"),
    pytest.param(200, failing("GraphQLError", "OperationalError"), NotNow, id="our fault and theirs"),
    pytest.param(200, b'{"errors": [{"message": "?"}]}', NotNow, id="an error without a code"),
    pytest.param(200, b'{"errors": "?"}', NotNow, id="errors that are no list"),
    pytest.param(429, b"", NotNow, id="429"),
    pytest.param(500, failing("PermissionDenied"), NotNow, id="500, whatever it says"),
    pytest.param(503, b"<html>", NotNow, id="503"),
    pytest.param(302, b"", NotNow, id="a redirect, which is never followed"),
    pytest.param(404, b"<html>", NotNow, id="404"),
    pytest.param(200, b"<html>", NotNow, id="a page"),
    pytest.param(200, b"[]", NotNow, id="a list"),
    pytest.param(200, b'{"data": null}', NotNow, id="no data"),
    pytest.param(200, b"{}", NotNow, id="nothing"),
]


@pytest.mark.parametrize(("status", "body", "kind"), ANSWERS)
def test_every_way_of_not_answering_has_its_error(status, body, kind):
    with pytest.raises(kind) as caught:
        read(Response(status, {}, body), "shop.example")

    assert type(caught.value) is kind
    assert "secret" not in caught.value.message + caught.value.fix
    assert caught.value.message.startswith("shop.example")


@pytest.mark.parametrize(
    ("said", "after"),
    [
        ("7", 7.0),
        ("999999", 3600.0),
        ("", 0.0),
        ("-1", 0.0),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 0.0),
        ("²", 0.0),
    ],
)
def test_a_shop_that_says_when_to_come_back_is_heard(said, after):
    with pytest.raises(NotNow) as caught:
        read(Response(429, {"retry-after": said}, b""), "shop.example")

    assert caught.value.after == after


@given(
    st.integers(100, 599),
    st.one_of(
        st.binary(max_size=40),
        st.recursive(
            st.none() | st.booleans() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["data", "errors", "extensions", "exception", "code"]), inner
                )
            ),
        ).map(orjson.dumps),
    ),
)
def test_whatever_comes_is_data_or_one_of_our_errors(status, body):
    with suppress(NotNow, TokenRefused, Refused):
        assert isinstance(read(Response(status, {}, body), "shop.example"), dict)


def client(handler, config=None) -> tuple[SaleorClient, Client]:
    http = Client(guarded=False, transport=httpx.MockTransport(handler), max_bytes=1_000)
    return SaleorClient(http, config or Config()), http


async def test_a_question_carries_the_token_and_the_variables():
    seen = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"data": {"shop": {"name": "S"}}})

    asker, http = client(answer)
    async with http:
        assert await asker.ask(SHOP, "query($a: Int){shop{name}}", {"a": 1}) == {"shop": {"name": "S"}}

    (request,) = seen
    assert str(request.url) == "https://shop.example/graphql/"
    assert request.headers["authorization"] == f"Bearer {'t' * 30}"
    assert request.headers["content-type"] == "application/json"
    assert orjson.loads(request.content) == {"query": "query($a: Int){shop{name}}", "variables": {"a": 1}}


async def test_an_operator_may_send_the_call_to_an_internal_address():
    seen = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(200, json={"data": {}})

    inside = Config(saleor_internal_urls={"https://shop.example/graphql/": "http://saleor-api:8000/graphql/"})
    asker, http = client(answer, inside)
    async with http:
        await asker.ask(SHOP, "{shop{name}}", {})

    assert seen == ["http://saleor-api:8000/graphql/"]


@pytest.mark.parametrize(
    "error", [httpx.ConnectError("x"), httpx.ReadTimeout("x"), httpx.RemoteProtocolError("x")]
)
async def test_a_silent_shop_is_asked_again_later(error):
    def silent(_request: httpx.Request) -> httpx.Response:
        raise error

    asker, http = client(silent)
    async with http:
        with pytest.raises(Unavailable):
            await asker.ask(SHOP, "{shop{name}}", {})


async def test_an_endless_answer_is_not_read_to_its_end():
    asker, http = client(lambda _: httpx.Response(200, content=b"x" * 1_001))
    async with http:
        with pytest.raises(NotNow, match="more than 1000 bytes"):
            await asker.ask(SHOP, "{shop{name}}", {})
