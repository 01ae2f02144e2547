"""Our words: what is told, at which stage, through which medium, with which variables."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class AlertType(StrEnum):
    """What a merchant sets up (R3, R12)."""

    BACK_IN_STOCK = "back_in_stock"
    PREORDER = "preorder"


class Stage(StrEnum):
    """The steps of one thing told; `consent` records a permission at the provider and texts nobody."""

    ALERT = "alert"
    CONSENT = "consent"


class Medium(StrEnum):
    """The way that a message takes to a person."""

    SMS = "sms"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who hears: E.164 phone, name (or ""), language ("en", "pt-br" or ""), country name (or "")."""

    phone: str = field(repr=False)
    name: str = field(default="", repr=False)
    language: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Consent:
    """The permission that a shopper gave: when (UTC), where, and to which words."""

    given_at: datetime
    origin: str
    text: str


@dataclass(frozen=True, slots=True)
class Message:
    """One thing to tell one person; `key` is the ledger's told_key and the provider's unique id."""

    key: str
    alert_type: AlertType
    stage: Stage
    medium: Medium
    recipient: Recipient
    variables: Mapping[str, str] = field(repr=False)
    consent: Consent | None = None


BACK_IN_STOCK_VARIABLES = (
    "product_title",
    "title_incl_variant",
    "variant_title",
    "vendor",
    "purchase_link",
    "price",
    "image_url",
    "shop_name",
    "shop_domain",
    "customer_name",
    "customer_phone",
    "customer_country_name",
)
"""The twelve variables of a back-in-stock alert, to the letter (R57 to R68)."""
