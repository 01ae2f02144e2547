"""Proves that a delivery was signed by the shop that it names."""

from saleor_stoq_app.clock import Clock
from saleor_stoq_app.config import Config
from saleor_stoq_app.errors import Unauthenticated
from saleor_stoq_app.http import Client
from saleor_stoq_app.saleor.keys import AskedAlready, KeyRing
from saleor_stoq_app.saleor.shops import Shop, Shops
from saleor_stoq_app.saleor.signature import KeySet, UnknownKey, verify


class Verifier:
    """Finds the shop of a delivery and checks the signature, with newer keys where the known ones fail."""

    def __init__(self, shops: Shops, http: Client, config: Config, clock: Clock) -> None:
        self._shops = shops
        self._keys = KeyRing(shops, http, config, clock)

    async def shop_of(self, url: str, signature: str, raw: bytes) -> Shop:
        """Return the shop that signed these bytes.

        Raises:
            Unauthenticated: no shop of ours did.
            Unavailable: its present keys cannot be had now.
        """
        shop = await self._shops.by_url(url)
        if shop is None:
            raise Unauthenticated("No such shop.")
        try:
            verify(raw, signature, self._keys.of(shop))
        except Unauthenticated as error:
            verify(raw, signature, await self._newer_keys(shop, error))
        return shop

    async def _newer_keys(self, shop: Shop, error: Unauthenticated) -> KeySet:
        """Return the present keys; within the cool-down refuse without asking again.

        A key that the last key set did not hold may be one that came since: Saleor repeats what gets
        503, and never what gets 401 (saleor.md sections 5.2 and 5.5). A known key with a wrong
        signature stays wrong.
        """
        try:
            return await self._keys.newer(shop)
        except AskedAlready as cooling:
            if isinstance(error, UnknownKey) or cooling.last is None:
                raise
            raise error from cooling
