"""The twelve variables of a back-in-stock message (R57 to R68): pure."""

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from urllib.parse import quote, urlsplit

from babel import Locale, UnknownLocaleError
from babel.numbers import format_currency

from saleor_stoq_app.events import Recipient
from saleor_stoq_app.saleor.availability import Content
from saleor_stoq_app.settings.models import Settings, Storefront


def of_product(
    content: Content, settings: Settings, storefront: Storefront, *, channel: str, language: str
) -> dict[str, str]:
    """Return the nine variables that are the same for every shopper of a channel and language."""
    return {
        "product_title": content.product_title,
        "title_incl_variant": full_title(content.product_title, content.variant_title),
        "variant_title": content.variant_title,
        "vendor": content.attributes.get(settings.vendor_attribute, ""),
        "purchase_link": purchase_link(storefront, content, channel=channel, language=language),
        "price": "" if content.price is None else price(content.price, content.currency, language),
        "image_url": content.image_url,
        "shop_name": settings.shop_name or domain(storefront),
        "shop_domain": domain(storefront),
    }


def of_customer(recipient: Recipient) -> dict[str, str]:
    return {
        "customer_name": recipient.name,
        "customer_phone": recipient.phone,
        "customer_country_name": recipient.country,
    }


def full_title(product: str, variant: str) -> str:
    """Return "Floral Shirt - Medium", or the product alone where the variant adds nothing (R58)."""
    return product if variant in {"", product} else f"{product} - {variant}"


def purchase_link(storefront: Storefront, content: Content, *, channel: str, language: str) -> str:
    """Fill the merchant's template; values are escaped, so that no title can bend the link (R61)."""
    values: Mapping[str, str] = {
        "slug": content.product_slug,
        "variant": content.variant_id,
        "channel": channel,
        "language": language,
    }
    link = storefront.product_url
    for name, value in values.items():
        link = link.replace(f"{{{name}}}", quote(value, safe=""))
    return link


def domain(storefront: Storefront) -> str:
    return urlsplit(storefront.origins[0]).netloc


@lru_cache(maxsize=1024)
def price(amount: Decimal, currency: str, language: str) -> str:
    """Return an amount as people of that language write it: "$19.90", "19,90 €" (R62)."""
    return str(format_currency(amount, currency, locale=locale_of(language)))


@lru_cache(maxsize=1024)
def country_name(code: str, language: str) -> str:
    """Return the name of an ISO 3166 alpha-2 country in that language, or "" where unknown (R68)."""
    return str(locale_of(language).territories.get(code, "")) if code else ""


@lru_cache(maxsize=256)
def locale_of(language: str) -> Locale:
    """Return the locale of "pt-BR", "pl" ...; English where the words name none."""
    try:
        return Locale.parse(language.replace("-", "_")) if language else Locale("en", "US")
    except (ValueError, UnknownLocaleError):
        return Locale("en", "US")
