"""Reads a shopper's words: every rule about the input that needs neither network nor database."""

import re
import unicodedata
from dataclasses import dataclass, field

from saleor_stoq_app.alerts import consent, phone
from saleor_stoq_app.alerts.lookup import channel_not_found, variant_not_found
from saleor_stoq_app.alerts.phone import Phone
from saleor_stoq_app.api.types import SignUpInput
from saleor_stoq_app.errors import InvalidInput, NotFound
from saleor_stoq_app.saleor.looks import is_variant_id

LONGEST_NAME = 100
LONGEST_SOURCE = 40
MOST_WANTED = 99

_SHOP_KEY = re.compile(r"[\w-]{1,64}", re.ASCII)
_SLUG = re.compile(r"[\w-]{1,255}")
_LANGUAGE = re.compile(r"[a-zA-Z]{2,3}([-_][a-zA-Z0-9]{2,8}){0,3}")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_TURNS_TEXT = re.compile("[\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Wish:
    """A signup whose every word was read and found possible."""

    shop_key: str
    variant_id: str
    channel: str
    phone: Phone
    country: str
    name: str = field(repr=False)
    language: str
    quantity: int
    source: str
    consent_text: str


def read(asked: SignUpInput) -> Wish:
    """Check everything that can be checked without asking anybody.

    Raises:
        InvalidInput, NotFound: names the field and what to do.
    """
    consent.check(given=asked.consent_given, text=asked.consent_text)
    country = read_country(asked.country or "")
    number = phone.parse(asked.phone, country)
    return Wish(
        shop_key=read_shop_key(asked.shop),
        variant_id=read_variant(asked.variant),
        channel=read_channel(asked.channel),
        phone=number,
        country=number.country or country,
        name=read_line("name", asked.name or "", LONGEST_NAME),
        language=read_language(asked.language or ""),
        quantity=read_quantity(asked.quantity),
        source=read_line("source", asked.source or "", LONGEST_SOURCE),
        consent_text=read_consent_text(asked.consent_text),
    )


def read_shop_key(text: str) -> str:
    if not _SHOP_KEY.fullmatch(text):
        raise shop_not_found()
    return text


def read_variant(text: str) -> str:
    if not is_variant_id(text):
        raise variant_not_found()
    return text


def read_channel(text: str) -> str:
    if not _SLUG.fullmatch(text):
        raise channel_not_found()
    return text


def read_country(text: str) -> str:
    code = text.strip().upper()
    if code and not phone.is_country(code):
        raise InvalidInput(
            "This country is not known.", field="country", fix='Send two letters, such as "US" or "PL".'
        )
    return code


def read_language(text: str) -> str:
    """Return the language as our words have it: "pt_BR" and "pt-BR" are "pt-br"."""
    if text and not _LANGUAGE.fullmatch(text):
        raise InvalidInput(
            "This is not a language.", field="language", fix='Send a language tag, such as "en" or "pt-BR".'
        )
    return text.replace("_", "-").lower()


def read_line(field: str, text: str, longest: int) -> str:
    """Return one line of text: white space made single, control characters and text turners dropped."""
    kept = _TURNS_TEXT.sub("", _CONTROL.sub("", text))
    line = unicodedata.normalize("NFC", " ".join(kept.split()))
    if len(line) > longest:
        raise InvalidInput(
            f"This is longer than {longest} characters.", field=field, fix="Send a shorter text."
        )
    return line


def read_quantity(quantity: int) -> int:
    if not 1 <= quantity <= MOST_WANTED:
        raise InvalidInput(
            "This quantity cannot be waited for.",
            field="quantity",
            fix=f"Send a whole number from 1 to {MOST_WANTED}.",
        )
    return quantity


def read_consent_text(text: str) -> str:
    """Keep the words exactly as they were shown; refuse what nobody can have been shown."""
    if _CONTROL.search(text):
        raise InvalidInput(
            "The words that the shopper agreed to contain control characters.",
            field="consentText",
            fix="Send exactly the sentence shown beside the box.",
        )
    return text


def shop_not_found() -> NotFound:
    return NotFound(
        "There is no shop with this key.",
        fix="Ask whoever runs the app for the shop's public key.",
        code="SHOP_NOT_FOUND",
    )
