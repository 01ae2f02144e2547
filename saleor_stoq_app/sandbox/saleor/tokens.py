"""The tokens that Saleor gives to its users, for its own API or for one app (saleor.md section 10.3)."""

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from saleor_stoq_app.sandbox.saleor.ids import global_id
from saleor_stoq_app.sandbox.saleor.installed import InstalledApp
from saleor_stoq_app.sandbox.saleor.shop import Shop
from saleor_stoq_app.sandbox.saleor.signing import SigningKey

STAFF = "staff@example.com"
CUSTOMER = "customer@example.com"
ALL_WE_ASK = ("MANAGE_APPS", "MANAGE_PRODUCTS", "MANAGE_ORDERS")
LIFETIME = timedelta(minutes=5)


class Mint:
    """Signs what a user of this shop would hold; users come to be when they are first named."""

    def __init__(self, shop: Shop, key: Callable[[], SigningKey]) -> None:
        self._shop = shop
        self._key = key
        self._users: dict[str, tuple[str, str]] = {}

    def dashboard_token(
        self,
        app: InstalledApp | None = None,
        *,
        permissions: Sequence[str] = ALL_WE_ASK,
        email: str = STAFF,
        issued_at: datetime | None = None,
    ) -> str:
        """Return what the Dashboard hands to the app's frame (by default the app installed last).

        `permissions` are the user's own; the token names beside them those that the app has too.
        """
        installed = app or self._shop.apps[-1]
        if installed.removed:
            raise ValueError("Saleor gives no token for an app that was removed.")
        scope = {
            "app": installed.id,
            "permissions": [name for name in permissions if name in installed.permissions],
            "user_permissions": list(permissions),
        }
        return self._token("thirdparty", email, issued_at, is_staff=True, **scope)

    def staff_token(self, email: str = STAFF, *, issued_at: datetime | None = None) -> str:
        """Return a staff member's access token for Saleor's own API: it names no app."""
        return self._token("access", email, issued_at, is_staff=True)

    def customer_token(self, email: str = CUSTOMER, *, issued_at: datetime | None = None) -> str:
        """Return a shopper's access token for Saleor's own API."""
        return self._token("access", email, issued_at, is_staff=False)

    def _token(self, kind: str, email: str, issued_at: datetime | None, **further: Any) -> str:
        user_id, secret = self._user(email)
        issued = issued_at or self._shop.now()
        claims = {
            "iat": issued,
            "owner": "saleor",
            "iss": self._shop.api_url,
            "exp": issued + LIFETIME,
            "token": secret,
            "email": email,
            "type": kind,
            "user_id": user_id,
        }
        return self._key().token(claims | further)

    def _user(self, email: str) -> tuple[str, str]:
        if email not in self._users:
            user_id = global_id("User", self._shop.next_key("User"))
            self._users[email] = (user_id, secrets.token_urlsafe(9))
        return self._users[email]
