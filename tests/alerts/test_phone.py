"""Phones as people write them."""

from contextlib import suppress

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_stoq_app.alerts import phone
from saleor_stoq_app.alerts.phone import Phone
from saleor_stoq_app.errors import InvalidInput


@pytest.mark.parametrize(
    ("text", "country", "read"),
    [
        ("+14155552671", "", Phone("+14155552671", "US")),
        ("+1 (415) 555-2671", "", Phone("+14155552671", "US")),
        ("415.555.2671", "US", Phone("+14155552671", "US")),
        ("+1 604 555 0123", "US", Phone("+16045550123", "CA")),
        ("512 345 678", "PL", Phone("+48512345678", "PL")),
        ("07400 123456", "GB", Phone("+447400123456", "GB")),
        ("+٤٤ ٧٤٠٠ ١٢٣٤٥٦", "", Phone("+447400123456", "GB")),
        ("tel:+14155552671", "", Phone("+14155552671", "US")),
        ("+39 312 345 6789", "", Phone("+393123456789", "IT")),
    ],
)
def test_a_number_is_read_in_any_notation(text, country, read):
    assert phone.parse(text, country) == read


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "4155552671",
        "+1415555267",
        "+999123456789",
        "+1 415 555 2671 ext 5",
        "+1" * 40,
        "\uff11" * 64,
        "\x00",
    ],
)
def test_what_is_no_number_is_refused(text):
    with pytest.raises(InvalidInput) as refused:
        phone.parse(text)

    assert (refused.value.code, refused.value.field) == ("PHONE_INVALID", "phone")
    assert "country code" in refused.value.fix


@pytest.mark.parametrize("text", ["+442079460958", "+48221234567", "+18002345678", "+449012345678"])
def test_what_no_text_can_reach_is_refused_where_it_can_be_told(text):
    with pytest.raises(InvalidInput) as refused:
        phone.parse(text)

    assert refused.value.code == "PHONE_NOT_MOBILE"


def test_a_satellite_phone_has_no_country():
    assert phone.parse("+881612345678") == Phone("+881612345678", "")


@given(st.text(max_size=80), st.sampled_from(["", "US", "PL", "GB", "IN", "BR"]))
def test_any_text_is_read_or_refused(text, country):
    with suppress(InvalidInput):
        read = phone.parse(text, country)
        assert phone.parse(read.e164) == read


@given(
    st.sampled_from(sorted(phonenumbers.SUPPORTED_REGIONS)), st.integers(min_value=10**5, max_value=10**11)
)
def test_only_numbers_that_exist_are_accepted(country, national):
    with suppress(InvalidInput):
        read = phone.parse(str(national), country)
        assert phonenumbers.is_valid_number(phonenumbers.parse(read.e164))
