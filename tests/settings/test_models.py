"""What a merchant may write into the settings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from saleor_stoq_app.events import AlertType, Medium
from saleor_stoq_app.providers.base import ProviderId
from saleor_stoq_app.settings.models import BackInStockRules, Settings, Storefront

PRODUCT_URL = "https://shop.example/products/{slug}?variant={variant}"


def test_the_defaults_tell_everyone_of_the_first_unit():
    rules = Settings().back_in_stock
    assert (rules.automatic, rules.minimum_units, rules.join_minutes) == (True, 1, 15)
    assert Settings().sender(AlertType.BACK_IN_STOCK, Medium.SMS) is ProviderId.STOQ


@pytest.mark.parametrize("origin", ["https://shop.example", "http://127.0.0.1:3000"])
def test_an_origin_is_a_scheme_and_a_host(origin):
    assert Storefront(origins=(origin,), product_url=PRODUCT_URL).origins == (origin,)


@pytest.mark.parametrize(
    "origin",
    ["shop.example", "https://", "https://shop.example/", "ftp://shop.example", "", "javascript:alert(1)"],
)
def test_what_is_no_origin_is_refused(origin):
    with pytest.raises(ValidationError, match="without a path"):
        Storefront(origins=(origin,), product_url=PRODUCT_URL)


def test_a_storefront_has_an_origin():
    with pytest.raises(ValidationError):
        Storefront(origins=(), product_url=PRODUCT_URL)


@pytest.mark.parametrize("template", ["https://shop.example/p", "/products/{slug}", "javascript:{slug}", ""])
def test_a_link_is_a_full_address_that_names_the_product(template):
    with pytest.raises(ValidationError, match="write a full address"):
        Storefront(origins=("https://shop.example",), product_url=template)


@pytest.mark.parametrize(
    "rules", [{"minimum_units": 0}, {"join_minutes": -1}, {"join_minutes": 1441}, {"maximum_age_hours": 0}]
)
def test_rules_have_limits(rules):
    with pytest.raises(ValidationError):
        BackInStockRules(**rules)


@given(
    name=st.text(),
    rules=st.builds(
        BackInStockRules,
        automatic=st.booleans(),
        minimum_units=st.integers(1, 10**6),
        join_minutes=st.integers(0, 1440),
        maximum_age_hours=st.integers(1, 10**4),
    ),
)
def test_a_document_is_read_as_it_was_written(name, rules):
    settings = Settings(shop_name=name, back_in_stock=rules)
    assert Settings.model_validate_json(settings.model_dump_json()) == settings
