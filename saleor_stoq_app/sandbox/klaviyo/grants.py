"""What merchants allowed apps, and the codes and tokens that stand for it (klaviyo.md section 2)."""

import base64
import hashlib
import random
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from saleor_stoq_app.sandbox.klaviyo.account import Account, Key
from saleor_stoq_app.sandbox.klaviyo.apps import App, Asked

CODE_LIVES = timedelta(minutes=5)
"""Klaviyo says only that codes are short-lived; five minutes are this double's own."""
REFRESH_TOKEN_LIVES = timedelta(days=90)
_VERIFIER = re.compile(r"[a-zA-Z0-9\-._~]{43,128}")


class Declined(Exception):
    """A request for tokens that ends with OAuth's kind of error."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status


@dataclass(slots=True, eq=False)
class Grant:
    """One Allow: what an app may do in an account, as long as somebody refreshes."""

    number: int
    app: App
    account: Account
    scopes: frozenset[str]
    used_at: datetime
    refresh_token: str
    ended: bool = False

    def is_dead(self, now: datetime) -> bool:
        return self.ended or now - self.used_at >= REFRESH_TOKEN_LIVES


@dataclass(frozen=True, slots=True)
class Tokens:
    """What an app receives."""

    access: str
    refresh: str
    scopes: frozenset[str]
    seconds: int

    def as_json(self) -> dict[str, Any]:
        return {
            "access_token": self.access,
            "token_type": "bearer",
            "expires_in": self.seconds,
            "refresh_token": self.refresh,
            "scope": " ".join(sorted(self.scopes)),
        }


@dataclass(frozen=True, slots=True)
class _Code:
    asked: Asked
    account: Account
    scopes: frozenset[str]
    expires: datetime


@dataclass(frozen=True, slots=True)
class _Access:
    grant: Grant
    key: Key
    expires: datetime


class Grants:
    """Every code and token of every app; tests turn its switches."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._numbers = count()
        self._codes: dict[str, _Code] = {}
        self._access: dict[str, _Access] = {}
        self._by_refresh: dict[str, Grant] = {}
        self.access_seconds = 3600
        self.rotates = False
        self.refusals = 0
        """How many of the next refreshes are refused."""

    def make_code(self, asked: Asked, account: Account, scopes: frozenset[str], now: datetime) -> str:
        code = self._secret()
        self._codes[code] = _Code(asked, account, scopes, now + CODE_LIVES)
        return code

    def exchange(self, app: App, code: str, verifier: str, redirect_uri: str, now: datetime) -> Tokens:
        """Give tokens for a code, once.

        Raises:
            Declined: the code is unknown, used, too old, another app's, or not proved.
        """
        if not _VERIFIER.fullmatch(verifier):
            raise Declined("invalid_request", 'Invalid "code_verifier"')
        found = self._codes.pop(code, None)
        if found is None or found.asked.app is not app or now >= found.expires:
            raise Declined("invalid_grant", "The code is unknown, expired or already used.")
        if redirect_uri != found.asked.redirect_uri:
            raise Declined("invalid_grant", "redirect_uri is not the one that was asked with.")
        if challenge_of(verifier) != found.asked.challenge:
            raise Declined("invalid_grant", "Code challenge failed.")
        return self.install(app, found.account, found.scopes, now)

    def install(self, app: App, account: Account, scopes: frozenset[str], now: datetime) -> Tokens:
        grant = Grant(next(self._numbers), app, account, scopes, now, self._secret())
        self._by_refresh[grant.refresh_token] = grant
        return self._tokens(grant, now)

    def find(self, app: App, refresh_token: str, now: datetime) -> Grant:
        """Return the living grant of a refresh token.

        Raises:
            Declined: it is unknown, another app's, unused for too long, or its app was uninstalled.
        """
        grant = self._by_refresh.get(refresh_token)
        if grant is None or grant.app is not app or grant.is_dead(now):
            raise Declined("invalid_grant", "The refresh token is invalid, expired or revoked.")
        return grant

    def refresh(self, grant: Grant, now: datetime) -> Tokens:
        """Give fresh tokens; recorded: the same refresh token comes back, unless `rotates`."""
        if self.refusals:
            self.refusals -= 1
            raise Declined("invalid_grant", "The refresh token is invalid, expired or revoked.")
        if self.rotates:
            del self._by_refresh[grant.refresh_token]
            grant.refresh_token = self._secret()
            self._by_refresh[grant.refresh_token] = grant
        grant.used_at = now
        return self._tokens(grant, now)

    def revoke(self, app: App, token: str) -> None:
        """Uninstall the app in the account that a token of either kind is for; unknown ones do nothing."""
        access = self._access.get(token)
        grant = access.grant if access else self._by_refresh.get(token)
        if grant is None:
            return
        if grant.app is not app:
            raise Declined("invalid_grant", "The token belongs to another app.")
        self.uninstall(app, grant.account)

    def uninstall(self, app: App, account: Account) -> None:
        for grant in self._by_refresh.values():
            if grant.app is app and grant.account is account:
                grant.ended = True

    def bearer(self, token: str, now: datetime) -> Key | None:
        """Return what an access token allows, or None."""
        found = self._access.get(token)
        return found.key if found and not found.grant.ended and now < found.expires else None

    def _tokens(self, grant: Grant, now: datetime) -> Tokens:
        access, seconds = self._secret(), self.access_seconds
        app = grant.app
        key = Key(access, grant.account, app.integration, set(grant.scopes), app.client_id)
        self._access[access] = _Access(grant, key, now + timedelta(seconds=seconds))
        return Tokens(access, grant.refresh_token, grant.scopes, seconds)

    def _secret(self) -> str:
        return base64.urlsafe_b64encode(self._rng.randbytes(48)).decode()


def challenge_of(verifier: str) -> str:
    """Return PKCE's S256 of a verifier."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
