"""The way of a signup: read it, count the visit, prove what was asked for, record it."""

from dataclasses import dataclass

from saleor_stoq_app.alerts.lookup import Lookup
from saleor_stoq_app.alerts.signups import NewSignup, Signups
from saleor_stoq_app.api import inputs
from saleor_stoq_app.api.inputs import Wish
from saleor_stoq_app.api.limits import Limits
from saleor_stoq_app.api.types import SignUpInput
from saleor_stoq_app.errors import Forbidden
from saleor_stoq_app.events import Medium
from saleor_stoq_app.saleor import shops as saleor_shops
from saleor_stoq_app.saleor.shops import Shops, ShopStatus
from saleor_stoq_app.settings.choices import Choices
from saleor_stoq_app.settings.models import Settings


@dataclass(frozen=True, slots=True)
class Visitor:
    """Where a request came from; `origin` is empty where a server calls."""

    address: str
    origin: str = ""


class StorefrontApi:
    """What a storefront may ask of a shop; raises whatever stands against it."""

    def __init__(
        self,
        *,
        shops: Shops,
        choices: Choices,
        limits: Limits,
        lookup: Lookup,
        signups: Signups,
    ) -> None:
        self._shops = shops
        self._choices = choices
        self._limits = limits
        self._lookup = lookup
        self._signups = signups

    async def sign_up(self, asked: SignUpInput, visitor: Visitor) -> None:
        """Return when the wish is stored. The answer never tells what was known about the phone.

        Raises:
            StoqError: why it was not taken.
        """
        wish = inputs.read(asked)
        await self._limits.count(address=visitor.address, shop_key=wish.shop_key, phone=wish.phone.e164)
        shop = await self._active(wish.shop_key)
        settings = await self._choices.of(shop.id)
        check_origin(visitor.origin, settings, wish.channel)
        look = await self._lookup.look(
            shop, wish.channel, wish.variant_id, preorder_key=settings.preorder_key
        )
        await self._signups.add(new_signup(shop.id, wish, visitor), look)

    async def shop_name(self, key: str) -> str:
        """Return the name that the merchant gave the shop.

        Raises:
            NotFound, Forbidden: it takes no signups.
        """
        shop = await self._active(inputs.read_shop_key(key))
        return (await self._choices.of(shop.id)).shop_name

    async def _active(self, key: str) -> saleor_shops.Shop:
        shop = await self._shops.by_public_key(key)
        if shop is None or shop.status is ShopStatus.UNINSTALLED:
            raise inputs.shop_not_found()
        if shop.status is not ShopStatus.ACTIVE:
            raise Forbidden(
                "This shop takes no signups at the moment.",
                fix="Activate the app in the Saleor Dashboard.",
                code="SHOP_PAUSED",
            )
        return shop


def check_origin(origin: str, settings: Settings, channel: str) -> None:
    """Let a browser sign up only from the shop's own pages of this channel; a server names no origin.

    Raises:
        Forbidden: ORIGIN_NOT_ALLOWED.
    """
    storefront = settings.storefronts.get(channel)
    known = {known.lower() for known in storefront.origins} if storefront else set()
    if origin and origin.lower() not in known:
        raise Forbidden(
            "This website is not one of the storefronts of the shop in this channel.",
            fix="Ask whoever runs the app to add its origin to the storefront of the channel.",
            code="ORIGIN_NOT_ALLOWED",
        )


def new_signup(shop_id: str, wish: Wish, visitor: Visitor) -> NewSignup:
    return NewSignup(
        shop_id=shop_id,
        variant_id=wish.variant_id,
        channel=wish.channel,
        medium=Medium.SMS,
        phone=wish.phone.e164,
        name=wish.name,
        language=wish.language,
        country=wish.country,
        quantity=wish.quantity,
        source=wish.source,
        consent_text=wish.consent_text,
        consent_locale=wish.language,
        consent_origin=visitor.origin,
    )
