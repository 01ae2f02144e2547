"""A shopper signs up, the variant comes back, and the phone gets one text (R2, R4, R8)."""

from tests.journeys.world import ALERT_METRIC, STOREFRONT, World

PHONE = "+14155550142"


async def test_a_restock_becomes_one_event_with_all_twelve_variables_and_one_text(world: World) -> None:
    """R2, R4, R8, R42, R56 to R68, R114."""
    shirt = world.saleor.add_product(
        "Floral Shirt",
        variants={"Medium": 0},
        price="19.90",
        attributes={"brand": "Acme Mills"},
        image="https://cdn.shop.example/floral.png",
    )
    payload = await world.sign_up(
        shirt.variant_id, "(415) 555-0142", country="US", name="Sarah", language="en"
    )
    await world.settle(300)

    assert payload == {"accepted": True, "errors": []}
    assert world.phones.total() == 0

    world.saleor.stock.save_variant_page(shirt.variant_id, 10)
    await world.settle(60)

    events = world.klaviyo.events(ALERT_METRIC)
    assert len(events) == 1
    assert {
        "product_title": "Floral Shirt",
        "title_incl_variant": "Floral Shirt - Medium",
        "variant_title": "Medium",
        "vendor": "Acme Mills",
        "purchase_link": f"{STOREFRONT}/default-channel/products/floral-shirt?variant="
        + shirt.variant_id.replace("=", "%3D"),
        "price": "$19.90",
        "image_url": "https://cdn.shop.example/floral.png",
        "shop_name": "Acme",
        "shop_domain": "www.shop.example",
        "customer_name": "Sarah",
        "customer_phone": PHONE,
        "customer_country_name": "United States",
    }.items() <= events[0].properties.items()
    assert world.phones.counts() == {PHONE: 1}
