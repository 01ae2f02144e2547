import asyncio

import httpx
import pytest
from starlette.responses import JSONResponse, Response

from saleor_stoq_app import http
from saleor_stoq_app.config import Config
from saleor_stoq_app.errors import Unavailable
from saleor_stoq_app.saleor.jwks import NoKeys, fetch_jwks
from tests.fixtures.fake_shop import REDIRECT, FakeShop, public_jwk

URL = "https://shop.example:8443/graphql/"


async def fetch(shop, config=None):
    async with http.Client(guarded=False, transport=shop.transport(), max_bytes=200_000) as client:
        return await fetch_jwks(client, config or Config(), URL)


async def test_keys_come_from_the_origin_of_the_api_address():
    shop = FakeShop()
    assert await fetch(shop) == shop.jwks
    assert shop.calls == ["https://shop.example:8443/.well-known/jwks.json"]


async def test_keys_come_from_the_address_inside_the_operators_network():
    shop = FakeShop()
    await fetch(shop, Config(saleor_internal_urls={URL: "http://api:8000/graphql/"}))
    assert shop.calls == ["http://api:8000/.well-known/jwks.json"]


@pytest.mark.parametrize("status", [500, 502, 503, 429, 408])
async def test_a_shop_in_trouble_is_unavailable(status):
    with pytest.raises(Unavailable) as refused:
        await fetch(FakeShop(keys_answer=Response(status_code=status)))
    assert not isinstance(refused.value, NoKeys)


@pytest.mark.parametrize(
    "answer",
    [
        Response(status_code=404),
        REDIRECT,
        Response("<html>"),
        JSONResponse([]),
        JSONResponse({"keys": []}),
        JSONResponse({"keys": [{"kty": "RSA", "kid": "x"}]}),
        JSONResponse({"keys": [public_jwk("first")], "padding": "x" * 70_000}),
        JSONResponse({"keys": [public_jwk("first")], "padding": "x" * 300_000}),
    ],
)
async def test_an_answer_that_is_no_key_set_is_refused(answer):
    with pytest.raises(NoKeys):
        await fetch(FakeShop(keys_answer=answer))


async def test_an_unreachable_shop_is_unavailable():
    def refuse(request):
        raise httpx.ConnectError("refused", request=request)

    async with http.Client(guarded=False, transport=httpx.MockTransport(refuse)) as client:
        with pytest.raises(Unavailable, match=r"shop\.example"):
            await fetch_jwks(client, Config(), URL)


async def test_a_private_address_is_unavailable_rather_than_refused():
    async with http.Client(guarded=True) as client:
        with pytest.raises(Unavailable, match="public internet"):
            await fetch_jwks(client, Config(), "https://10.0.0.1/graphql/")


async def test_a_shop_that_drips_its_keys_is_given_up():
    class Dripping(httpx.AsyncByteStream):
        async def __aiter__(self):
            while True:
                yield b" "
                await asyncio.sleep(0.01)

    transport = httpx.MockTransport(lambda _: httpx.Response(200, stream=Dripping()))
    async with http.Client(guarded=False, transport=transport) as client:
        with pytest.raises(Unavailable, match="too long"):
            await fetch_jwks(client, Config(), URL, within=0.1)
