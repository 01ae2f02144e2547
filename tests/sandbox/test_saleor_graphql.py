"""The double answers as a live Saleor 3.23.28 was seen to answer."""

from datetime import timedelta
from decimal import Decimal

import pytest

from saleor_stoq_app.sandbox.saleor import SandboxSaleor
from saleor_stoq_app.sandbox.saleor.ids import global_id
from tests.sandbox.saleor_caller import calling, with_app

LOOK = """query Look($ids: [ID!], $channel: String) { app { id } channel(slug: $channel) { isActive }
  productVariants(ids: $ids, channel: $channel, first: 100) { totalCount edges { node {
    id name sku quantityAvailable trackInventory preorder { endDate } metafield(key: "stoq.preorder")
    channelListings { channel { slug } price { amount currency } }
    stocks { quantity quantityAllocated warehouse { id slug } }
    pricing { price { gross { amount currency } } } media { url(size: 512, format: ORIGINAL) type alt }
    product { id name slug isAvailableForPurchase availableForPurchaseAt thumbnail(size: 512) { url }
      media { url type } attributes { attribute { slug name } values { name } }
      channelListings { channel { slug } isPublished publishedAt isAvailableForPurchase visibleInListings } }
  } } } }"""


@pytest.fixture
def saleor(clock):
    return with_app(SandboxSaleor(clock))


@pytest.fixture
async def ask(saleor):
    async with calling(saleor) as caller:
        yield caller


@pytest.fixture
def look(ask):
    async def look(*ids, channel="default-channel", **more):
        _, answer = await ask(LOOK, ids=list(ids), channel=channel, **more)
        return [edge["node"] for edge in answer["data"]["productVariants"]["edges"]]

    return look


async def test_a_look_shows_everything_about_a_variant(saleor, look):
    added = saleor.add_product(
        "Darko Polo",
        variants={"S": 5},
        price="45.00",
        attributes={"brand": "Loom"},
        image="https://cdn.test/polo.png",
    )
    (node,) = await look(added.variant_id)
    assert node["id"] == added.variant_id == "UHJvZHVjdFZhcmlhbnQ6NDAy"
    assert (node["name"], node["quantityAvailable"], node["preorder"]) == ("S", 5, None)
    assert node["pricing"] == {"price": {"gross": {"amount": 45.0, "currency": "USD"}}}
    assert node["stocks"][0] | {"warehouse": None} == {
        "quantity": 5,
        "quantityAllocated": 0,
        "warehouse": None,
    }
    product = node["product"]
    assert (product["name"], product["slug"], product["isAvailableForPurchase"]) == (
        "Darko Polo",
        "darko-polo",
        True,
    )
    assert product["thumbnail"] == {"url": "https://cdn.test/polo.png"}
    assert product["attributes"] == [
        {"attribute": {"slug": "brand", "name": "Brand"}, "values": [{"name": "Loom"}]}
    ]
    assert product["channelListings"][0]["publishedAt"] == "2026-11-23T09:00:00+00:00"


async def test_an_answer_carries_its_cost(ask):
    _, answer = await ask(LOOK, ids=[], channel="default-channel")
    assert answer["extensions"] == {"cost": {"requestedQueryCost": 1502, "maximumAvailable": 50000}}


async def test_an_unlisted_variant_is_shown_without_price_and_an_unlisted_product_not_at_all(saleor, look):
    added = saleor.add_product("Shirt", variants={"S": 5, "M": 5})
    saleor.catalogue.remove_from_channel(added.variant_ids[0])
    shown = {node["name"]: node for node in await look(*added.variant_ids)}
    assert (shown["S"]["quantityAvailable"], shown["S"]["pricing"], shown["S"]["channelListings"]) == (
        5,
        None,
        [],
    )
    saleor.catalogue.remove_from_channel(added.variant_ids[1])
    assert await look(*added.variant_ids) == []


async def test_a_listing_without_a_price_has_no_pricing_and_a_price_of_nothing_has(saleor, look):
    added = saleor.add_product("Shirt", variants={"S": 5})
    saleor.catalogue.set_price(added.variant_id, None)
    (node,) = await look(added.variant_id)
    assert (node["pricing"], node["channelListings"][0]["price"]) == (None, None)
    saleor.catalogue.set_price(added.variant_id, Decimal(0))
    (node,) = await look(added.variant_id)
    assert node["pricing"]["price"]["gross"]["amount"] == 0.0


async def test_unpublished_and_not_yet_published_products_are_shown_to_apps(saleor, look, clock):
    added = saleor.add_product("Shirt", variants={"S": 5})
    saleor.catalogue.unpublish(added.product_id)
    (node,) = await look(added.variant_id)
    assert (node["quantityAvailable"], node["product"]["channelListings"][0]["isPublished"]) == (5, False)
    saleor.catalogue.publish(added.product_id, at=clock.now() + timedelta(days=1))
    (node,) = await look(added.variant_id)
    listing = node["product"]["channelListings"][0]
    assert (listing["isPublished"], listing["publishedAt"]) == (True, "2026-11-24T09:00:00+00:00")


async def test_a_purchase_date_comes_by_itself(saleor, look, clock):
    added = saleor.add_product("Shirt", variants={"S": 5})
    saleor.catalogue.sell_from(added.product_id, clock.now() + timedelta(hours=1))
    saleor.fired.clear()
    (before,) = await look(added.variant_id)
    clock.advance(3600)
    (after,) = await look(added.variant_id)
    assert [node["product"]["isAvailableForPurchase"] for node in (before, after)] == [False, True]
    assert list(saleor.fired) == []


async def test_unknown_ids_are_left_out_and_one_malformed_id_spoils_the_whole_answer(saleor, ask, look):
    known = saleor.add_product("Shirt").variant_id
    strangers = [
        global_id("ProductVariant", 99_999_999),
        global_id("ProductVariant", -1),
        global_id("Product", 402),
    ]
    assert [node["id"] for node in await look(known, known, *strangers)] == [known]
    for malformed in ("abc", "402", "", global_id("ProductVariant", "x"), "UHJvZHVjdFZhcmlhbnQ6NDA"):
        status, answer = await ask(LOOK, ids=[known, malformed], channel="default-channel")
        assert (status, answer["data"]["productVariants"]) == (200, None)
        assert answer["errors"][0]["message"] == f"Invalid ID: {malformed}. Expected: ProductVariant."


@pytest.mark.parametrize("slug", ["nope", "", "Default-Channel"])
async def test_an_unknown_channel_is_an_empty_answer_and_no_channel(saleor, ask, slug):
    added = saleor.add_product("Shirt")
    _, answer = await ask(LOOK, ids=[added.variant_id], channel=slug)
    if slug:
        assert answer["data"]["channel"] is None
    assert answer["data"]["productVariants"]["edges"] == []


async def test_answers_keep_saleors_order_and_pages_are_limited(saleor, ask, look):
    added = saleor.add_product("Shirt", variants={"M": 1, "S": 1, "L": 1})
    backwards = reversed(added.variant_ids)
    assert [node["name"] for node in await look(*backwards)] == ["M", "S", "L"]
    pages = """query($n: Int, $a: String) { productVariants(first: $n, after: $a) {
      edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
    _, first = await ask(pages, n=2)
    connection = first["data"]["productVariants"]
    assert connection["pageInfo"]["hasNextPage"]
    _, second = await ask(pages, n=2, a=connection["edges"][-1]["cursor"])
    assert [edge["cursor"] for edge in second["data"]["productVariants"]["edges"]] == [added.variant_ids[2]]
    for size, said in (
        (101, "exceeds the `first` limit of 100 records"),
        (None, "You must provide a `first`"),
        (1, "Received cursor is invalid."),
    ):
        status, answer = await ask(pages, n=size, a="nowhere" if size == 1 else None)
        assert (status, answer["data"]) == (200, {"productVariants": None})
        assert said in answer["errors"][0]["message"]


async def test_one_variant_is_null_only_where_its_product_is_not_listed(saleor, ask):
    added = saleor.add_product("Shirt", variants={"S": 5, "M": 5})
    saleor.add_channel("channel-pln", currency="PLN")
    saleor.catalogue.remove_from_channel(added.variant_id)
    query = "query($id: ID!, $c: String) { productVariant(id: $id, channel: $c) { id } }"
    for channel, expected in (("default-channel", {"id": added.variant_id}), ("channel-pln", None)):
        _, answer = await ask(query, id=added.variant_id, c=channel)
        assert answer["data"] == {"productVariant": expected}


async def test_the_shop_and_its_channels(saleor, ask):
    saleor.add_channel("channel-pln", currency="PLN", country=("PL", "Poland"))
    query = """{ shop { name version schemaVersion domain { host url } }
      channels { slug currencyCode defaultCountry { code } } }"""
    status, answer = await ask(query)
    assert (status, answer["data"]) == (
        200,
        {
            "shop": {
                "name": "Saleor e-commerce",
                "version": "3.23.28",
                "schemaVersion": "3.23",
                "domain": {"host": "127.0.0.1:8000", "url": "http://127.0.0.1:8000/"},
            },
            "channels": [
                {"slug": "channel-pln", "currencyCode": "PLN", "defaultCountry": {"code": "PL"}},
                {"slug": "default-channel", "currencyCode": "USD", "defaultCountry": {"code": "US"}},
            ],
        },
    )
    status, answer = await ask("{ shop { name version } }", "")
    assert (status, answer["data"]) == (200, None)
    _, answer = await ask("{ shop { name limitQuantityPerCheckout } }")
    assert (answer["data"]["shop"]["limitQuantityPerCheckout"], len(answer["errors"])) == (None, 1)


async def test_an_order_can_be_asked_for(saleor, ask):
    shirt = saleor.add_product("Shirt", variants={"S": 2}).variant_id
    order = saleor.orders.checkout({shirt: 2})
    query = (
        "query($id: ID) { order(id: $id) { number status lines { quantity productName variant { id } } } }"
    )
    _, answer = await ask(query, id=order.id)
    assert answer["data"]["order"] == {
        "number": "1",
        "status": "UNFULFILLED",
        "lines": [{"quantity": 2, "productName": "Shirt", "variant": {"id": shirt}}],
    }


async def test_a_variant_by_sku_and_its_thumbnails(saleor, ask):
    added = saleor.add_product("Shirt", image="")
    media = saleor.shop.product(added.product_id).media
    sku = saleor.shop.variant(added.variant_id).sku
    query = """query($sku: String) { productVariant(sku: $sku, channel: "default-channel") { product {
      ...Pictures } } }
    fragment Pictures on Product { thumbnail(size: 500) { url }
      media { ... on ProductMedia { url(format: WEBP) } } }"""
    _, answer = await ask(query, sku=sku)
    address = f"http://127.0.0.1:8000/thumbnail/{global_id('ProductMedia', media[0].key)}"
    assert answer["data"]["productVariant"]["product"] == {
        "thumbnail": {"url": f"{address}/512/"},
        "media": [{"url": f"{address}/4096/webp/"}],
    }
    assert answer["extensions"]["cost"]["requestedQueryCost"] == 5
    for wrong in ("{ productVariant { id } }", "{ channel { id } }"):
        _, answer = await ask(wrong)
        assert answer["errors"][0]["message"].startswith("At least one of arguments is required")
