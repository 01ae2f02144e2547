"""How often one visitor may knock: per address, per phone and per shop, counted in one round trip."""

from saleor_stoq_app.coordination import Limiter, Window
from saleor_stoq_app.errors import TooMany, Unavailable
from saleor_stoq_app.log import get
from saleor_stoq_app.secrets import Vault

PER_ADDRESS = Window(20, 60)
PER_PHONE = Window(5, 600)
PER_SHOP = Window(6_000, 60)

log = get(__name__)


class Limits:
    """Counts visits under keyed hashes; Redis never sees an address or a phone."""

    def __init__(self, limiter: Limiter, vault: Vault) -> None:
        self._limiter = limiter
        self._vault = vault

    async def count(self, *, address: str, shop_key: str, phone: str) -> None:
        """Count one visit.

        Raises:
            TooMany: one of the limits is reached; which one is not said.
        """
        windows = {
            f"address:{self._vault.hash('', address)}": PER_ADDRESS,
            f"phone:{self._vault.hash(shop_key, phone)}": PER_PHONE,
            f"shop:{shop_key}": PER_SHOP,
        }
        try:
            after = await self._limiter.exceeded(windows)
        except Unavailable as error:
            log.warning("limits.silent", error=error.code)
            return
        if after > 0:
            seconds = max(1, round(after))
            raise TooMany("Too many signups.", after=after, fix=f"Try again in {seconds} seconds.")
