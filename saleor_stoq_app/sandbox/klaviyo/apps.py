"""Apps registered at Klaviyo, and what one asks a merchant for in the link to the authorization page."""

import re
from dataclasses import dataclass, field
from typing import NoReturn
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from saleor_stoq_app.sandbox.klaviyo.metrics import Integration
from saleor_stoq_app.sandbox.klaviyo.scopes import ACCOUNTS_READ

AUTHORIZE = "/oauth/authorize"
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_LOCAL = frozenset(("localhost", "127.0.0.1"))


@dataclass(frozen=True, slots=True)
class App:
    """An app as its maker registered it; its events belong to an integration of its own."""

    client_id: str
    client_secret: str = field(repr=False)
    redirect_uris: tuple[str, ...]
    name: str
    integration: Integration
    scopes: frozenset[str]

    def __post_init__(self) -> None:
        for uri in self.redirect_uris:
            parts = urlsplit(uri)
            if parts.fragment or not (parts.scheme == "https" or parts.hostname in _LOCAL):
                raise ValueError(f"Klaviyo takes https, or http on this machine, without a fragment: {uri}")


@dataclass(frozen=True, slots=True)
class Asked:
    """A link in order: who asks, for what, and where the merchant is sent back to."""

    app: App
    redirect_uri: str
    scopes: frozenset[str]
    state: str
    challenge: str

    def back(self, **told: str) -> str:
        return _back(self.redirect_uri, self.state, told)


class BadLink(Exception):
    """A link by an unknown app, or back to a strange address: the merchant is sent nowhere."""


class SentBack(Exception):
    """A link that the app got wrong: the merchant is sent back to it with an error."""

    def __init__(self, callback: str) -> None:
        super().__init__(callback)
        self.callback = callback


def read_link(search: str, apps: dict[str, App]) -> Asked:
    """Read the query of a link to the authorization page.

    Raises:
        BadLink: nobody that the merchant may be sent back to.
        SentBack: something else is wrong with it.
    """
    pairs = parse_qsl(search, keep_blank_values=True)
    given = dict(pairs)
    app = apps.get(given.get("client_id", ""))
    if app is None:
        raise BadLink("No app has this client_id.")
    redirect_uri = given.get("redirect_uri", "")
    if redirect_uri not in app.redirect_uris:
        raise BadLink("This redirect_uri is not one that the app registered.")
    _check(given, app, redirect_uri, repeated=len(pairs) != len(given))
    scopes = frozenset(given["scope"].split())
    return Asked(app, redirect_uri, scopes, given["state"], given["code_challenge"])


def _check(given: dict[str, str], app: App, redirect_uri: str, *, repeated: bool) -> None:
    def wrong(error: str, description: str) -> NoReturn:
        told = {"error": error, "error_description": description}
        raise SentBack(_back(redirect_uri, given.get("state", ""), told))

    if repeated:
        wrong("invalid_request", "A parameter is given twice.")
    if given.get("response_type") != "code":
        wrong("unsupported_response_type", "response_type must be code.")
    if not given.get("state"):
        wrong("invalid_request", "state is required.")
    if given.get("code_challenge_method") != "S256":
        wrong("invalid_request", "code_challenge_method must be S256.")
    if not _CHALLENGE.fullmatch(given.get("code_challenge", "")):
        wrong("invalid_request", "code_challenge is required: base64url of a SHA-256, without padding.")
    asked = given.get("scope", "").split()
    if ACCOUNTS_READ not in asked or not app.scopes.issuperset(asked):
        wrong("invalid_scope", f"scope must hold {ACCOUNTS_READ}, and only scopes that the app registered.")


def _back(redirect_uri: str, state: str, told: dict[str, str]) -> str:
    parts = urlsplit(redirect_uri)
    added = urlencode(told | ({"state": state} if state else {}))
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, added)))))
