"""The mutation as a storefront sees it: what is stored, what is refused, and what is never told."""

import asyncio

import fakeredis
import pytest

from saleor_stoq_app.database import tables
from saleor_stoq_app.errors import Unavailable
from saleor_stoq_app.saleor.client import TokenRefused
from saleor_stoq_app.saleor.shops import ShopStatus
from tests.api.conftest import SIGN_UP
from tests.fixtures.selling import HAT

SHOP = "query Shop($key: String!) { shop(key: $key) { name } }"
ACCEPTED = {"accepted": True, "errors": []}


async def test_a_signup_is_stored_with_everything_that_the_shopper_said(browser, floor):
    said = {"name": "  Ada \n Lovelace ", "language": "pt_BR", "quantity": 3, "source": "product page"}

    assert await browser.sign_up(**said) == ACCEPTED

    (row,) = await floor.rows(tables.signups)
    assert (row.language, row.quantity, row.source, row.country) == ("pt-br", 3, "product page", "US")
    assert row.consent_origin == "https://www.shop.example"
    assert row.proved_at is not None
    recipient = floor.contacts.recipient(row.contact, row.language, row.country)
    assert (recipient.phone, recipient.name) == ("+14155550142", "Ada Lovelace")
    (text,) = await floor.rows(tables.consent_texts)
    assert text.text == "Text me once when this is back."


async def test_a_thousand_signups_of_one_phone_are_one_signup_and_soon_too_many(browser, floor):
    answers = [
        await browser.sign_up(phone=phone, address=f"198.51.{number // 250}.{number % 250}")
        for number, phone in enumerate(["+14155550142", "+1 (415) 555-0142"] * 500)
    ]

    assert answers[:5] == [ACCEPTED] * 5
    assert {error["code"] for answer in answers[5:] for error in answer["errors"]} == {"TOO_MANY"}
    assert len(await floor.rows(tables.signups)) == 1


async def test_the_answer_is_the_same_whatever_is_in_stock_and_whoever_waits(browser, floor):
    first = await browser.sign_up()
    again = await browser.sign_up()
    floor.clock.advance(60)
    floor.shelves.put(5)
    in_stock = await browser.sign_up(phone="+14155550143")
    contact = floor.contacts.hash(floor.shop.id, "+14155550144")
    row = {"shop_id": floor.shop.id, "contact_hash": contact, "medium": "sms", "means": "stop"}
    await floor.database.write(
        lambda conn: (
            conn.execute(
                tables.suppressions.insert().values(row | {"suppressed_at": floor.clock.now()})
            ).rowcount
        )
    )
    suppressed = await browser.sign_up(phone="+14155550144")

    assert [first, again, in_stock, suppressed] == [ACCEPTED] * 4


async def test_a_server_without_an_origin_may_sign_a_shopper_up(browser, floor):
    assert await browser.sign_up(origin="") == ACCEPTED
    (row,) = await floor.rows(tables.signups)
    assert row.consent_origin == ""


@pytest.mark.parametrize(
    ("words", "code", "field"),
    [
        ({"phone": "hello"}, "PHONE_INVALID", "phone"),
        ({"phone": "415 555 0142"}, "PHONE_INVALID", "phone"),
        ({"phone": "+" + "1" * 5_000}, "PHONE_INVALID", "phone"),
        ({"phone": "+44 20 7946 0958"}, "PHONE_NOT_MOBILE", "phone"),
        ({"country": "XX"}, "INVALID", "country"),
        ({"name": "x" * 101}, "INVALID", "name"),
        ({"source": "x" * 41}, "INVALID", "source"),
        ({"language": "english please"}, "INVALID", "language"),
        ({"quantity": 0}, "INVALID", "quantity"),
        ({"quantity": 100}, "INVALID", "quantity"),
        ({"consentGiven": False}, "CONSENT_REQUIRED", "consentGiven"),
        ({"consentText": "ok"}, "CONSENT_REQUIRED", "consentText"),
        ({"consentText": "x" * 2_001}, "CONSENT_REQUIRED", "consentText"),
        ({"consentText": "Text me \x00 when this is back"}, "INVALID", "consentText"),
        ({"variant": "junk"}, "VARIANT_NOT_FOUND", "variant"),
        ({"variant": "UHJvZHVjdDox"}, "VARIANT_NOT_FOUND", "variant"),
        ({"variant": HAT}, "VARIANT_NOT_FOUND", "variant"),
        ({"shop": "pub_unknown"}, "SHOP_NOT_FOUND", None),
        ({"shop": "pub_" + "0" * 32}, "SHOP_NOT_FOUND", None),
        ({"shop": "'; drop table shops; --"}, "SHOP_NOT_FOUND", None),
        ({"origin": "https://elsewhere.example"}, "ORIGIN_NOT_ALLOWED", None),
        ({"origin": "null"}, "ORIGIN_NOT_ALLOWED", None),
        ({"channel": "unknown"}, "ORIGIN_NOT_ALLOWED", None),
        ({"channel": "unknown", "origin": ""}, "CHANNEL_NOT_FOUND", "channel"),
        ({"channel": "no such channel"}, "CHANNEL_NOT_FOUND", "channel"),
    ],
)
async def test_what_cannot_be_is_refused_with_a_code_a_sentence_and_a_fix(browser, words, code, field):
    assert await browser.refusal(**words) == (code, field)


async def test_markup_in_a_name_is_just_text(browser, floor):
    await browser.sign_up(name="<script>alert(1)</script>\u202e \x07")

    (row,) = await floor.rows(tables.signups)
    assert floor.contacts.recipient(row.contact, "", "").name == "<script>alert(1)</script>"


async def test_a_phone_in_national_notation_is_read_with_the_country(browser, floor):
    assert await browser.sign_up(phone="512 345 678", country="pl") == ACCEPTED

    (row,) = await floor.rows(tables.signups)
    assert row.country == "PL"


@pytest.mark.parametrize("status", [ShopStatus.PAUSED, ShopStatus.UNINSTALLED])
async def test_a_shop_that_is_switched_off_takes_no_signups(browser, floor, status):
    await floor.shops.set_status(floor.shop.id, status)

    code, _field = await browser.refusal()
    shop = await browser.ask(SHOP, key=floor.shop.public_key)

    assert code == ("SHOP_PAUSED" if status is ShopStatus.PAUSED else "SHOP_NOT_FOUND")
    assert shop.json() == {"data": {"shop": None}}


async def test_a_storefront_may_ask_whose_shop_it_is(browser, floor):
    answer = await browser.ask(SHOP, key=floor.shop.public_key)

    assert answer.json() == {"data": {"shop": {"name": "Acme"}}}


@pytest.mark.parametrize("error", [Unavailable("Saleor is silent."), TokenRefused("The token is dead.")])
async def test_while_saleor_is_silent_a_signup_is_accepted_unproved(browser, floor, error):
    floor.shelves.silent = error

    assert await browser.sign_up() == ACCEPTED

    (row,) = await floor.rows(tables.signups)
    assert row.proved_at is None
    assert await floor.rows(tables.watches) == []


async def test_a_saleor_that_never_answers_does_not_keep_the_shopper_waiting(browser, floor):
    floor.shelves.late = asyncio.Event()

    assert await browser.sign_up() == ACCEPTED


async def test_what_cannot_be_stored_is_a_503_and_not_accepted(browser, floor):
    await floor.choices.of(floor.shop.id)
    await floor.shops.by_public_key(floor.shop.public_key)
    await floor.database.close()

    answer = await browser.ask(SIGN_UP, input=browser.wish())

    assert answer.status_code == (503 if floor.database.sqlite else 500)
    assert '"accepted":true' not in answer.text


async def test_an_address_may_try_twenty_times_a_minute(browser):
    answers = [
        await browser.sign_up(phone=f"+1415555{number:04}", address="203.0.113.9")
        for number in range(100, 121)
    ]

    assert answers[:20] == [ACCEPTED] * 20
    assert [error["code"] for error in answers[20]["errors"]] == ["TOO_MANY"]
    assert "seconds" in answers[20]["errors"][0]["fix"]


async def test_neither_phones_nor_addresses_are_written_to_redis(browser):
    await browser.sign_up(address="203.0.113.9")

    written = b" ".join(await browser.redis.keys("*")).decode()
    assert "4155550142" not in written
    assert "203.0.113.9" not in written


async def test_signups_go_on_while_redis_is_away(browser):
    server: fakeredis.FakeServer = browser.redis.connection_pool.connection_kwargs["server"]
    server.connected = False

    assert await browser.sign_up() == ACCEPTED
