"""What a storefront sees of us in GraphQL; `graphql/storefront.graphql` is the same as SDL."""

from collections.abc import Mapping
from enum import Enum
from typing import Any

import strawberry
from strawberry.types import get_object_definition
from strawberry.utils.str_converters import to_camel_case


@strawberry.enum(description="Why a signup was not taken.")
class SignUpErrorCode(Enum):
    """One code per thing that the caller can do about it."""

    SHOP_NOT_FOUND = "SHOP_NOT_FOUND"
    SHOP_PAUSED = "SHOP_PAUSED"
    ORIGIN_NOT_ALLOWED = "ORIGIN_NOT_ALLOWED"
    CHANNEL_NOT_FOUND = "CHANNEL_NOT_FOUND"
    VARIANT_NOT_FOUND = "VARIANT_NOT_FOUND"
    PHONE_INVALID = "PHONE_INVALID"
    PHONE_NOT_MOBILE = "PHONE_NOT_MOBILE"
    CONSENT_REQUIRED = "CONSENT_REQUIRED"
    INVALID = "INVALID"
    TOO_MANY = "TOO_MANY"
    UNAVAILABLE = "UNAVAILABLE"


@strawberry.type(description="What was wrong with a signup, for programs (code) and for people.")
class SignUpError:
    """One expected failure, in the shape that callers of Saleor know."""

    code: SignUpErrorCode
    message: str = strawberry.field(description="What happened, as a sentence.")
    field: str | None = strawberry.field(default=None, description="The field of the input that it is about.")
    fix: str | None = strawberry.field(default=None, description="What to do about it, as a sentence.")


@strawberry.type(description="The answer to a signup; the same whether or not the phone waits already.")
class SignUpPayload:
    """Accepted and stored, or the reasons why not."""

    accepted: bool
    errors: list[SignUpError]


@strawberry.input(description="A shopper asks to be texted when a variant is back in stock.")
class SignUpInput:
    """What the storefront knows of the shopper's wish, and the permission to text."""

    shop: str = strawberry.field(description="The shop's public key.")
    variant: str = strawberry.field(description="The id of the variant in Saleor.")
    channel: str = strawberry.field(description="The slug of the Saleor channel that the shopper is in.")
    phone: str = strawberry.field(
        description="In any notation; without a country code only together with `country`."
    )
    consent_text: str = strawberry.field(
        description="Exactly the words that the shopper agreed to, 10 to 2,000 characters."
    )
    consent_given: bool = strawberry.field(description="Whether the shopper agreed; must be true.")
    country: str | None = strawberry.field(
        default=None, description="The shopper's country, ISO 3166 alpha-2."
    )
    name: str | None = strawberry.field(default=None, description="At most 100 characters.")
    language: str | None = strawberry.field(default=None, description='Such as "en" or "pt-BR".')
    quantity: int = strawberry.field(default=1, description="How many the shopper wants, 1 to 99.")
    source: str | None = strawberry.field(
        default=None, description='Where on the storefront, such as "product page"; at most 40 characters.'
    )


def _read_sign_up(cls: type[SignUpInput], words: Mapping[str, Any], _context: object) -> SignUpInput:
    """Build the input at once: every field is a scalar, which graphql-core has checked already.

    Strawberry's own way resolves the type of each field again for each request: a quarter of the time
    that a signup spends in GraphQL.
    """
    return cls(**{_PYTHON_NAMES[name]: value for name, value in words.items()})


_SIGN_UP_INPUT = get_object_definition(SignUpInput, strict=True)
_SIGN_UP_INPUT.from_input = _read_sign_up
_PYTHON_NAMES = {to_camel_case(field.python_name): field.python_name for field in _SIGN_UP_INPUT.fields}


@strawberry.type(description="A shop that takes signups.")
class Shop:
    """What anybody may know about a shop."""

    name: str
