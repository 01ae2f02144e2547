"""The twelve variables (R57 to R68), whatever a catalogue holds."""

import string
from dataclasses import replace
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_stoq_app.alerts import variables
from saleor_stoq_app.events import BACK_IN_STOCK_VARIABLES, Recipient
from saleor_stoq_app.settings.models import Settings, Storefront
from tests.fixtures.selling import SHIRT, content

WINDOW = Storefront(
    origins=("https://www.shop.example", "https://other.example"),
    product_url="https://www.shop.example/{channel}/{slug}?v={variant}&l={language}",
)
SHOPPER = Recipient("+14155550142", "Sarah", "en", "United States")


def of_product(settings=None, **changes):
    said = replace(content(SHIRT), **changes)
    return variables.of_product(said, settings or Settings(), WINDOW, channel="us", language="en")


def test_they_are_twelve_with_the_names_of_the_help_page():
    assert set(of_product() | variables.of_customer(SHOPPER)) == set(BACK_IN_STOCK_VARIABLES)
    assert len(BACK_IN_STOCK_VARIABLES) == 12


@pytest.mark.parametrize(
    ("variant", "title"),
    [("Medium", "Floral Shirt - Medium"), ("", "Floral Shirt"), ("Floral Shirt", "Floral Shirt")],
)
def test_the_full_title_names_the_variant_where_it_adds_something(variant, title):
    assert of_product(variant_title=variant)["title_incl_variant"] == title


def test_the_vendor_is_the_attribute_that_the_merchant_named():
    assert of_product()["vendor"] == "Acme Mills"
    assert of_product(Settings(vendor_attribute="maker"))["vendor"] == ""


def test_the_shop_is_called_by_its_domain_until_the_merchant_names_it():
    assert of_product()["shop_name"] == of_product()["shop_domain"] == "www.shop.example"
    assert of_product(Settings(shop_name="Acme"))["shop_name"] == "Acme"


@pytest.mark.parametrize(
    ("amount", "currency", "language", "written"),
    [
        ("19.90", "USD", "en", "$19.90"),
        ("19.90", "EUR", "de", "19,90\N{NO-BREAK SPACE}€"),
        ("19.90", "USD", "", "$19.90"),
        ("1999", "JPY", "en-US", "¥1,999"),
        ("19.90", "USD", "tlh", "$19.90"),
    ],
)
def test_prices_are_written_as_people_of_that_language_write_them(amount, currency, language, written):
    assert variables.price(Decimal(amount), currency, language) == written


def test_no_price_is_no_text():
    assert of_product(price=None, currency="")["price"] == ""


@pytest.mark.parametrize(
    ("code", "language", "name"),
    [
        ("US", "en", "United States"),
        ("DE", "pl", "Niemcy"),
        ("", "en", ""),
        ("XQ", "en", ""),
        ("US", "?", "United States"),
    ],
)
def test_countries_have_names_in_the_shoppers_language(code, language, name):
    assert variables.country_name(code, language) == name


@given(slug=st.text(min_size=1), channel=st.text(min_size=1), language=st.text(max_size=20))
def test_no_slug_channel_or_language_can_bend_the_link(slug, channel, language):
    said = replace(content(SHIRT), product_slug=slug)
    link = urlsplit(variables.purchase_link(WINDOW, said, channel=channel, language=language))
    assert (link.scheme, link.netloc, link.fragment) == ("https", "www.shop.example", "")
    assert link.path.count("/") == 2
    assert set(parse_qs(link.query)) <= {"v", "l"}


@given(language=st.text(string.ascii_letters + "-_@.", max_size=20) | st.text(max_size=12))
def test_any_text_names_a_locale(language):
    assert variables.price(Decimal(1), "USD", language)
    assert isinstance(variables.country_name("US", language), str)
