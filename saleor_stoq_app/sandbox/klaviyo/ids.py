"""Identifiers shaped like Klaviyo's, the same in every run of one seed."""

import random
import re
import string

_SHORT = string.ascii_letters + string.digits
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_FIRST_EVENT = 58**10 * 6

SHORT_ID = re.compile(r"[A-Za-z0-9]{6}")


class Ids:
    """Draws identifiers that were not drawn before."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._drawn: set[str] = set()

    def short(self) -> str:
        """Six letters or digits, as metrics, flows, lists and accounts have."""
        while True:
            drawn = self._rng.choice(string.ascii_uppercase) + "".join(self._rng.choices(_SHORT, k=5))
            if drawn not in self._drawn:
                self._drawn.add(drawn)
                return drawn

    def number(self) -> str:
        """Nine digits, as flow actions have."""
        return str(self._rng.randrange(10**8, 10**9))

    def profile(self) -> str:
        """Make a ULID, as profiles have."""
        return "01" + "".join(self._rng.choices(_CROCKFORD, k=24))


def event_id(number: int) -> str:
    """Write the n-th event's id: eleven characters that sort by number."""
    rest, letters = _FIRST_EVENT + number, []
    while rest:
        rest, digit = divmod(rest, 58)
        letters.append(_BASE58[digit])
    return "".join(reversed(letters))
