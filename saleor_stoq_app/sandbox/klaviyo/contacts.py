"""Which phone numbers are numbers, and in which countries Klaviyo texts (klaviyo.md section 4)."""

import re
from functools import lru_cache

import phonenumbers

_WESTERN_EUROPE = ("GB", "IE", "DE", "NL", "FR", "BE", "AT", "ES", "CH", "IT", "PT")
_NORTHERN_EUROPE = ("DK", "SE", "NO", "FI")
TEXTED_COUNTRIES = frozenset(("US", "CA", *_WESTERN_EUROPE, *_NORTHERN_EUROPE, "AU", "NZ"))
BAD_PHONE = "Invalid phone number format. Phone numbers must be valid and in E.164 format."

_E164 = re.compile(r"\+[1-9]\d{6,14}")


@lru_cache(maxsize=10_000)
def country_of(phone: str) -> str | None:
    """Return the ISO country of an E.164 number that can exist, else None."""
    if not _E164.fullmatch(phone):
        return None
    try:
        number = phonenumbers.parse(phone, None)
    except phonenumbers.NumberParseException:
        return None
    region = phonenumbers.region_code_for_number(number)
    if region is None or not phonenumbers.is_valid_number_for_region(number, region):
        return None
    return region
