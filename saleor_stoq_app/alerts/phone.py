"""Phone numbers as shoppers type them, read into E.164; refuses what no text message can reach."""

from dataclasses import dataclass, field

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType

from saleor_stoq_app.errors import InvalidInput

LONGEST = 64

_NEVER_TEXTED = frozenset(
    {
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.UAN,
        PhoneNumberType.PAGER,
        PhoneNumberType.VOICEMAIL,
    }
)


@dataclass(frozen=True, slots=True)
class Phone:
    """A number that exists: E.164, and its country (ISO 3166 alpha-2, "" where it has none)."""

    e164: str = field(repr=False)
    country: str


def parse(text: str, country: str = "") -> Phone:
    """Read a number in any notation; `country` says how to read one without a country code.

    Raises:
        InvalidInput: PHONE_INVALID, or PHONE_NOT_MOBILE where the country's plan can tell.
    """
    number = _number(text, country)
    kind = phonenumbers.number_type(number)  # UNKNOWN where is_valid_number says no, in half the time
    if number.extension or kind == PhoneNumberType.UNKNOWN:
        raise _invalid("This is not a phone number that exists.")
    if kind in _NEVER_TEXTED:
        raise InvalidInput(
            "Text messages cannot reach this kind of number.",
            field="phone",
            fix="Give the number of a mobile phone.",
            code="PHONE_NOT_MOBILE",
        )
    region = phonenumbers.region_code_for_number(number)
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return Phone(e164, region if region and is_country(region) else "")


def is_country(code: str) -> bool:
    """Say whether phones are numbered under this ISO 3166 code (not so "001", of satellites)."""
    return code in phonenumbers.SUPPORTED_REGIONS


def _number(text: str, country: str) -> phonenumbers.PhoneNumber:
    if len(text) > LONGEST:
        raise _invalid("This is too long for a phone number.")
    try:
        return phonenumbers.parse(text, country or None)
    except NumberParseException as error:
        if error.error_type == NumberParseException.INVALID_COUNTRY_CODE:
            raise _invalid("The country of this phone number is not known.") from None
        raise _invalid("This is not a phone number.") from None


def _invalid(message: str) -> InvalidInput:
    fix = "Write the number with its country code, such as +1 415 555 2671."
    return InvalidInput(message, field="phone", fix=fix, code="PHONE_INVALID")
