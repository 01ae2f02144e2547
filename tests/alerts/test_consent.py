"""When a permission counts."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from saleor_stoq_app.alerts import consent
from saleor_stoq_app.errors import InvalidInput

WORDS = "Text me once when this is back."


def test_a_yes_to_shown_words_counts():
    consent.check(given=True, text=WORDS)


@pytest.mark.parametrize(
    ("given_", "text", "field"),
    [
        (False, WORDS, "consentGiven"),
        (True, "", "consentText"),
        (True, "yes" + " " * 20, "consentText"),
        (True, "x" * 2_001, "consentText"),
    ],
)
def test_anything_less_does_not(given_, text, field):
    with pytest.raises(InvalidInput) as refused:
        consent.check(given=given_, text=text)

    assert (refused.value.code, refused.value.field) == ("CONSENT_REQUIRED", field)


def test_a_version_never_changes():
    assert consent.version("en", WORDS) == "9c6bc83c8acf524100cad83d1f8289cf"


@given(st.text(max_size=20), st.text(max_size=50), st.text(max_size=20), st.text(max_size=50))
def test_a_version_stands_for_the_language_and_the_words(locale, text, other_locale, other_text):
    assume("\0" not in locale + other_locale)

    same = (locale, text) == (other_locale, other_text)
    assert (consent.version(locale, text) == consent.version(other_locale, other_text)) is same
