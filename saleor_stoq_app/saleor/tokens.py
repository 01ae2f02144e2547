"""Recognises staff by the token that the Dashboard gives to the app's frame."""

from saleor_stoq_app.clock import Clock
from saleor_stoq_app.errors import Unauthenticated
from saleor_stoq_app.log import get
from saleor_stoq_app.saleor.keys import AskedAlready, KeyRing
from saleor_stoq_app.saleor.shops import Shop
from saleor_stoq_app.saleor.signature import KeySet, UnknownKey
from saleor_stoq_app.saleor.staff import Staff, read_staff

log = get(__name__)


class Tokens:
    """Proves staff tokens by the shop's own keys and our own clock."""

    def __init__(self, keys: KeyRing, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock

    async def staff_of(self, shop: Shop, token: str) -> Staff:
        """Return the staff member; what they may do, `Staff.require` says.

        Raises:
            Unauthenticated: nobody is proved, always in the same words; the log says why.
            Unavailable: the token names a key that we lack, and the shop gives no keys now.
        """
        try:
            return await self._read(shop, token)
        except Unauthenticated as error:
            log.info("staff.refused", shop=shop.id, because=error.code)
            raise not_recognised() from error

    async def _read(self, shop: Shop, token: str) -> Staff:
        try:
            return read_staff(token, self._keys.of(shop), shop, self._clock.now())
        except UnknownKey:
            newer = await self._newer_keys(shop)
            return read_staff(token, newer, shop, self._clock.now())

    async def _newer_keys(self, shop: Shop) -> KeySet:
        """Within the cool-down go by the last answer: the Dashboard, unlike a delivery, comes again."""
        try:
            return await self._keys.newer(shop)
        except AskedAlready as cooling:
            if cooling.last is None:
                raise
            return cooling.last


def not_recognised() -> Unauthenticated:
    """Return the one refusal, for an unknown shop too: it tells no reason from another."""
    return Unauthenticated(
        "The Dashboard's token does not prove a staff member of this shop.",
        fix="Open the app again from the Saleor Dashboard.",
    )
