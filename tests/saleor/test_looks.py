"""What a look sees of a variant: the facts that a shopper would find, and the words of a message."""

from base64 import b64encode
from dataclasses import replace
from datetime import UTC
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_stoq_app.saleor.looks import Content, Facts, is_variant_id, parse
from tests.saleor.nodes import (
    CHANNEL,
    FUTURE,
    ID,
    NOW,
    SELLABLE,
    image,
    listing,
    node,
    product,
    variant_id,
)


def sold(**changes):
    return node(product=product(channelListings=[listing(**changes)]))


SEEN = [
    pytest.param(node(), SELLABLE, id="sellable"),
    pytest.param(node(quantityAvailable=0), replace(SELLABLE, units=0), id="sold out"),
    pytest.param(
        node(trackInventory=False, quantityAvailable=None), replace(SELLABLE, units=None), id="untracked"
    ),
    pytest.param(
        node(trackInventory=False, quantityAvailable=50),
        replace(SELLABLE, units=None),
        id="untracked answers the checkout's limit, which is no stock",
    ),
    pytest.param(node(quantityAvailable=None), replace(SELLABLE, units=None), id="null is available"),
    pytest.param(
        sold(isPublished=False, publishedAt=None), replace(SELLABLE, published=False), id="unpublished"
    ),
    pytest.param(sold(publishedAt=FUTURE), replace(SELLABLE, published=False), id="published tomorrow"),
    pytest.param(sold(publishedAt=None), SELLABLE, id="published without a date"),
    pytest.param(sold(publishedAt=NOW.isoformat()), SELLABLE, id="published this moment"),
    pytest.param(
        sold(isAvailableForPurchase=False, availableForPurchaseAt=None),
        replace(SELLABLE, purchasable=False),
        id="not for purchase",
    ),
    pytest.param(
        sold(isAvailableForPurchase=None), replace(SELLABLE, purchasable=False), id="purchase not said"
    ),
    pytest.param(
        sold(availableForPurchaseAt=FUTURE), replace(SELLABLE, purchasable=False), id="for purchase tomorrow"
    ),
    pytest.param(node(pricing=None), replace(SELLABLE, priced=False), id="no listing of the variant"),
    pytest.param(
        node(pricing={"price": None}), replace(SELLABLE, priced=False), id="a listing without a price"
    ),
    pytest.param(
        node(pricing={"price": {"gross": {"amount": 0.0, "currency": "USD"}}}), SELLABLE, id="free is a price"
    ),
    pytest.param(
        node(product=product(channelListings=[listing("other")])),
        replace(SELLABLE, published=False, purchasable=False),
        id="the product is listed elsewhere only",
    ),
    pytest.param(
        node(product=product(channelListings=[listing("other", isPublished=False), listing()])),
        SELLABLE,
        id="another channel's listing does not matter",
    ),
    pytest.param(
        node(product=product(channelListings=None)),
        replace(SELLABLE, published=False, purchasable=False),
        id="no listings at all",
    ),
    pytest.param(node(preorderMark="true"), replace(SELLABLE, preorder=True), id="our preorder mark"),
    pytest.param(node(preorderMark=""), replace(SELLABLE, preorder=True), id="an empty preorder mark"),
    pytest.param(node(preorder={"endDate": None}), replace(SELLABLE, preorder=True), id="native preorder"),
]


@pytest.mark.parametrize(("given_node", "facts"), SEEN)
def test_facts_are_what_a_shopper_would_find(given_node, facts):
    assert parse(given_node, CHANNEL, NOW).facts == facts


def test_a_shop_without_native_preorder_does_not_answer_the_field():
    bare = node()
    del bare["preorder"]

    assert parse(bare, CHANNEL, NOW).facts == SELLABLE


def test_content_holds_the_words_of_a_message():
    attributes = [
        {"attribute": {"slug": "brand"}, "values": [{"name": "Loom"}]},
        {"attribute": {"slug": "colour"}, "values": [{"name": "Red"}, {"name": None}, {"name": "Blue"}]},
        {"attribute": {"slug": "empty"}, "values": []},
        {"attribute": {"slug": None}, "values": [{"name": "lost"}]},
    ]
    seen = node(media=[image("https://x/1.png")], product=product(attributes=attributes))

    assert parse(seen, CHANNEL, NOW).content == Content(
        product_title="Shirt",
        variant_title="S",
        product_slug="shirt",
        variant_id=ID,
        sku="SHIRT-S",
        price=Decimal("19.99"),
        currency="USD",
        image_url="https://x/1.png",
        attributes={"brand": "Loom", "colour": "Red, Blue", "empty": ""},
    )


@pytest.mark.parametrize(
    ("own", "of_product", "thumbnail", "url"),
    [
        ([image("own")], [image("product")], {"url": "thumb"}, "own"),
        ([image("film", "VIDEO"), image("own")], [], None, "own"),
        ([image("film", "VIDEO")], [image("film", "VIDEO"), image("product")], {"url": "thumb"}, "product"),
        (None, None, {"url": "thumb"}, "thumb"),
        ([], [], None, ""),
    ],
)
def test_the_first_picture_wins_and_a_film_is_no_picture(own, of_product, thumbnail, url):
    seen = node(media=own, product=product(media=of_product, thumbnail=thumbnail))

    assert parse(seen, CHANNEL, NOW).content.image_url == url


def test_a_variant_without_price_or_sku_has_content_all_the_same():
    content = parse(node(pricing=None, sku=None), CHANNEL, NOW).content

    assert (content.price, content.currency, content.sku) == (None, "", "")


MOMENTS = st.none() | st.datetimes(timezones=st.just(UTC)).map(lambda at: at.isoformat())
WORDS = st.text(max_size=8)
PICTURES = st.none() | st.lists(
    st.fixed_dictionaries({"type": st.sampled_from(["IMAGE", "VIDEO"]), "url": WORDS}), max_size=3
)
LISTINGS = st.none() | st.lists(
    st.fixed_dictionaries(
        {
            "channel": st.fixed_dictionaries({"slug": st.sampled_from([CHANNEL, "other"])}),
            "isPublished": st.booleans(),
            "publishedAt": MOMENTS,
            "isAvailableForPurchase": st.none() | st.booleans(),
            "availableForPurchaseAt": MOMENTS,
        }
    ),
    max_size=3,
)
MONEY = st.fixed_dictionaries(
    {"amount": st.floats(0, 1e9, allow_nan=False) | st.integers(0, 10**9), "currency": st.just("USD")}
)
NODES = st.fixed_dictionaries(
    {
        "id": st.integers(0, 10**6).map(variant_id),
        "name": WORDS,
        "sku": st.none() | WORDS,
        "trackInventory": st.booleans(),
        "quantityAvailable": st.none() | st.integers(-5, 10**6),
        "preorderMark": st.none() | WORDS,
        "pricing": st.none()
        | st.fixed_dictionaries({"price": st.none() | st.fixed_dictionaries({"gross": MONEY})}),
        "media": PICTURES,
        "product": st.fixed_dictionaries(
            {
                "name": WORDS,
                "slug": WORDS,
                "thumbnail": st.none() | st.fixed_dictionaries({"url": WORDS}),
                "media": PICTURES,
                "channelListings": LISTINGS,
                "attributes": st.lists(
                    st.fixed_dictionaries(
                        {
                            "attribute": st.fixed_dictionaries({"slug": st.none() | WORDS}),
                            "values": st.lists(
                                st.fixed_dictionaries({"name": st.none() | WORDS}), max_size=3
                            ),
                        }
                    ),
                    max_size=3,
                ),
            }
        ),
    },
    optional={"preorder": st.none() | st.fixed_dictionaries({"endDate": MOMENTS})},
)


@given(NODES)
def test_whatever_the_schema_allows_can_be_read(seen):
    look = parse(seen, CHANNEL, NOW)
    listed = any(it["channel"]["slug"] == CHANNEL for it in seen["product"]["channelListings"] or ())

    assert look.facts.units is None or seen["trackInventory"]
    assert look.facts.priced == (look.content.price is not None)
    assert listed or not (look.facts.published or look.facts.purchasable)
    assert Facts.from_json(look.facts.to_json()) == look.facts


@pytest.mark.parametrize(
    ("text", "readable"),
    [
        (ID, True),
        (variant_id(0), True),
        ("", False),
        ("402", False),
        ("abc", False),
        ("UHJvZHVjdFZhcmlhbnQ6NDA", False),  # without its padding Saleor refuses it
        (variant_id("x"), False),
        (variant_id(-1), False),
        (variant_id(""), False),
        (variant_id("1\n"), False),
        (variant_id("9" * 40), False),
        (b64encode(b"Product:402").decode(), False),
        (ID + "\n", False),
        ("ü" * 8, False),
    ],
)
def test_only_ids_that_saleor_can_read_are_asked_for(text, readable):
    assert is_variant_id(text) is readable


@given(st.text() | st.binary().map(lambda raw: b64encode(raw).decode()))
def test_no_text_breaks_the_check_of_an_id(text):
    assert is_variant_id(text) in {True, False}
