"""Only a shop's own signature opens the door, and nobody can make us hammer a shop for its keys."""

import asyncio
import hashlib
import hmac

import httpx
import pytest

from tests.webhooks.sender import FakeSaleor, sign

EVENT = "product_variant_stock_updated"


def stock_body(saleor: FakeSaleor, variant_id: str = "V1") -> bytes:
    return saleor.body("ProductVariantStockUpdated", productVariant={"id": variant_id})


async def forge(door, saleor, **changes) -> httpx.Response:
    raw = stock_body(saleor)
    return await door.post("stock", raw, saleor.headers(EVENT, raw, **changes))


async def test_a_signed_delivery_is_taken_without_asking_for_keys(door, saleor, shop):
    response = await door.stock(saleor)

    assert (response.status_code, response.content) == (200, b"{}")
    assert saleor.jwks_fetches == 0


async def test_one_byte_more_is_refused(door, saleor, shop):
    raw = stock_body(saleor)

    response = await door.post("stock", raw + b" ", saleor.headers(EVENT, raw))

    assert response.status_code == 401


async def test_every_lack_of_proof_gets_the_same_answer(door, saleor, shop):
    raw = stock_body(saleor)
    secret = hmac.new(b"secret", raw, hashlib.sha256).hexdigest()
    answers = [
        await forge(door, saleor, saleor_api_url="https://other.example/graphql/"),
        await forge(door, saleor, saleor_api_url="not an address"),
        await forge(door, saleor, saleor_signature=secret),
        await forge(door, saleor, saleor_signature=".."),
        await forge(door, saleor, saleor_signature=sign(b"another body", "first")),
    ]

    assert {(it.status_code, it.content, str(it.headers)) for it in answers} == {
        (401, answers[0].content, str(answers[0].headers))
    }


async def test_the_signature_of_another_shop_does_not_open_this_one(door, saleor, shop, save):
    other = FakeSaleor("other.example", key_id="other")
    await save(other)
    await door.wait_for(shop, "V1")

    response = await forge(door, saleor, saleor_signature=sign(stock_body(saleor), "other"))

    assert response.status_code == 401
    assert await door.hinted(shop) == {}


async def test_another_spelling_of_the_address_is_the_same_shop(door, saleor, shop):
    response = await forge(door, saleor, saleor_api_url="HTTPS://SHOP.example:443/graphql/")

    assert response.status_code == 200


async def test_fifty_forged_posts_at_once_ask_for_the_keys_once(door, saleor, shop):
    wrong = sign(b"forged", "first")

    answers = await asyncio.gather(*(forge(door, saleor, saleor_signature=wrong) for _ in range(50)))

    assert {it.status_code for it in answers} == {401}
    assert saleor.jwks_fetches == 1


async def test_fifty_forged_posts_in_a_row_ask_for_the_keys_once_a_minute(door, saleor, shop):
    wrong = sign(b"forged", "first")
    for _ in range(50):
        assert (await forge(door, saleor, saleor_signature=wrong)).status_code == 401
    assert saleor.jwks_fetches == 1

    door.clock.advance(60)
    assert (await forge(door, saleor, saleor_signature=wrong)).status_code == 401
    assert saleor.jwks_fetches == 2


async def test_forgers_do_not_keep_the_shop_out(door, saleor, shop):
    wrong = sign(b"forged", "first")

    forged, taken = await asyncio.gather(forge(door, saleor, saleor_signature=wrong), door.stock(saleor))

    assert (forged.status_code, taken.status_code) == (401, 200)


async def test_a_rotated_key_is_fetched_once_used_and_kept(door, saleor, shop, shops):
    saleor.rotate()

    assert [(await door.stock(saleor)).status_code for _ in range(3)] == [200, 200, 200]
    assert saleor.jwks_fetches == 1
    assert (await shops.by_id(shop.id, fresh=True)).jwks == saleor.jwks


async def test_many_deliveries_after_a_rotation_share_one_fetch(door, saleor, shop):
    saleor.rotate()

    answers = await asyncio.gather(*(door.stock(saleor) for _ in range(10)))

    assert {it.status_code for it in answers} == {200}
    assert saleor.jwks_fetches == 1


async def test_a_key_that_came_within_the_cool_down_is_not_refused_for_good(door, saleor, shop):
    await forge(door, saleor, saleor_signature=sign(b"forged", "first"))
    saleor.rotate()

    assert (await door.stock(saleor)).status_code == 503
    assert saleor.jwks_fetches == 1

    door.clock.advance(60)
    assert (await door.stock(saleor)).status_code == 200


async def test_a_signature_by_a_key_that_no_fetch_finds_is_refused(door, saleor, shop):
    response = await forge(door, saleor, saleor_signature=sign(stock_body(saleor), "stranger"))

    assert response.status_code == 401


@pytest.mark.parametrize("fault", ["slow", "unreachable", "down", "gone", "huge", "empty", "page"])
async def test_keys_that_cannot_be_had_mean_later_and_not_never(door, saleor, shop, fault):
    saleor.rotate()
    saleor.fault = fault

    assert [(await door.stock(saleor)).status_code for _ in range(3)] == [503, 503, 503]
    assert saleor.jwks_fetches == 1

    saleor.fault = ""
    door.clock.advance(60)
    assert (await door.stock(saleor)).status_code == 200


async def test_one_shops_cool_down_is_not_anothers(door, saleor, shop, save):
    other = FakeSaleor("other.example", key_id="other")
    await save(other)
    wrong = sign(b"forged", "first")

    await forge(door, saleor, saleor_signature=wrong)
    await forge(door, saleor, saleor_signature=wrong, saleor_api_url=other.url)

    assert saleor.jwks_fetches == 2
