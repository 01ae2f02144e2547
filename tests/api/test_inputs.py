"""Words of strangers: what becomes of every one of them."""

import unicodedata
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_stoq_app.api import inputs
from saleor_stoq_app.errors import InvalidInput, StoqError


@pytest.mark.parametrize(
    ("given_", "kept"),
    [
        ("Zoë", "Zoë"),
        ("Zoe\u0308", "Zoë"),
        (" Ada\t\nLovelace ", "Ada Lovelace"),
        ("Ada\x00\x1b[31m", "Ada[31m"),
        ("\u202eecalevoL", "ecalevoL"),
        ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"),
    ],
)
def test_a_name_is_one_clean_line(given_, kept):
    assert inputs.read_line("name", given_, 100) == kept


@given(st.text(max_size=300))
def test_a_line_never_holds_control_characters(text):
    with suppress(InvalidInput):
        line = inputs.read_line("name", text, 100)
        assert len(line) <= 100
        assert not any(unicodedata.category(character) in {"Cc", "Cs"} for character in line)


@pytest.mark.parametrize(
    ("tag", "kept"),
    [("", ""), ("en", "en"), ("pt-BR", "pt-br"), ("PT_BR", "pt-br"), ("zh-Hans-CN", "zh-hans-cn")],
)
def test_a_language_is_written_our_way(tag, kept):
    assert inputs.read_language(tag) == kept


@given(st.text(max_size=80))
def test_every_word_is_read_or_refused_with_a_sentence(text):
    refusals = []
    for read in (
        inputs.read_shop_key,
        inputs.read_variant,
        inputs.read_channel,
        inputs.read_country,
        inputs.read_language,
        inputs.read_consent_text,
    ):
        try:
            read(text)
        except StoqError as error:
            refusals.append(error)

    assert all(error.message.endswith(".") and error.fix.endswith(".") for error in refusals)


def test_the_words_of_a_consent_are_kept_to_the_letter():
    words = "  Text me.\r\n\tMessage rates may apply.  "

    assert inputs.read_consent_text(words) == words
