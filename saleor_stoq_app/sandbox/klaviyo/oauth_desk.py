"""Klaviyo's OAuth endpoints: the page with Allow and Deny, tokens, and revocation (klaviyo.md section 2)."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from urllib.parse import parse_qsl

from starlette.requests import Request

from saleor_stoq_app.sandbox.klaviyo import oauth_pages
from saleor_stoq_app.sandbox.klaviyo.account import Account
from saleor_stoq_app.sandbox.klaviyo.answers import Answer
from saleor_stoq_app.sandbox.klaviyo.apps import AUTHORIZE, App, Asked, BadLink, SentBack, read_link
from saleor_stoq_app.sandbox.klaviyo.grants import Declined, Grants
from saleor_stoq_app.sandbox.klaviyo.limits import Limits, Window
from saleor_stoq_app.sandbox.klaviyo.refusals import Refused, wrong_method

TOKEN, REVOKE = "/oauth/token", "/oauth/revoke"
METHODS: Mapping[str, tuple[str, ...]] = {AUTHORIZE: ("GET", "POST"), TOKEN: ("POST",), REVOKE: ("POST",)}
FORM = "application/x-www-form-urlencoded"
BLOCKED_HOST = "www.klaviyo.com"
REFRESHES = (Window(10, 60),)
"""Second-hand: about ten refreshes a minute for each install."""


class Desk:
    """Answers apps and the merchant who is signed in."""

    def __init__(self, grants: Grants, signed_in: Account) -> None:
        self.grants = grants
        self.apps: dict[str, App] = {}
        self.signed_in = signed_in
        self.withheld: frozenset[str] = frozenset()
        """Scopes that Allow does not grant, though they were asked for."""

    def answer(self, request: Request, body: bytes, limits: Limits | None, now: datetime) -> Answer:
        path = request.url.path.rstrip("/")
        try:
            if request.method not in METHODS[path]:
                raise wrong_method(request.method)
            if path == AUTHORIZE:
                return self._page(request, body, now)
            if request.url.hostname == BLOCKED_HOST:
                # Blocked there since 2025-03-31.
                return _html(oauth_pages.refusal("Token traffic belongs to a.klaviyo.com."), 403)
            act = self._token if path == TOKEN else self._revoke
            return act(self._client(request.headers), _form(request.headers, body), limits, now)
        except Declined as declined:
            told = {"error": declined.error, "error_description": declined.description}
            challenge = {"WWW-Authenticate": "Basic"} if declined.status == 401 else {}  # noqa: PLR2004
            return _json(told, declined.status, challenge)
        except Refused as refused:
            return Answer.refusing(refused)

    def decide(
        self, search: str, *, allow: bool, account: Account, scopes: frozenset[str] | None, now: datetime
    ) -> str:
        """Do what a click does and return where it leads.

        Raises:
            BadLink: there is no page to click on.
        """
        try:
            asked = read_link(search, self.apps)
        except SentBack as wrong:
            return wrong.callback
        if not allow:
            return asked.back(error="access_denied", error_description="The user denied the request.")
        granted = asked.scopes - self.withheld if scopes is None else _part_of(asked, scopes)
        return asked.back(code=self.grants.make_code(asked, account, granted, now))

    def _page(self, request: Request, body: bytes, now: datetime) -> Answer:
        search = request.url.query
        try:
            if request.method == "POST":
                return self._click(search, body, now)
            return _html(oauth_pages.question(read_link(search, self.apps), self.signed_in))
        except BadLink as bad:
            return _html(oauth_pages.refusal(str(bad)), 400)
        except SentBack as wrong:
            return _redirect(wrong.callback)

    def _click(self, search: str, body: bytes, now: datetime) -> Answer:
        decision = dict(parse_qsl(body.decode(errors="replace"))).get("decision")
        if decision not in {"allow", "deny"}:
            raise BadLink("Choose Allow or Deny.")
        allow = decision == "allow"
        return _redirect(self.decide(search, allow=allow, account=self.signed_in, scopes=None, now=now))

    def _client(self, headers: Mapping[str, str]) -> App:
        """Find the app by Basic authentication alone; what the body says of it does not count."""
        scheme, _, encoded = headers.get("authorization", "").partition(" ")
        try:
            ident, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            ident = secret = ""
        app = self.apps.get(ident)
        if scheme != "Basic" or app is None or secret != app.client_secret:
            raise Declined("invalid_client", "Unknown client, or wrong client credentials.", 401)
        return app

    def _token(self, app: App, form: Mapping[str, str], limits: Limits | None, now: datetime) -> Answer:
        kind = form.get("grant_type")
        if kind == "authorization_code":
            code, redirect_uri = _needed(form, "code"), _needed(form, "redirect_uri")
            tokens = self.grants.exchange(app, code, form.get("code_verifier", ""), redirect_uri, now)
        elif kind == "refresh_token":
            grant = self.grants.find(app, _needed(form, "refresh_token"), now)
            if limits is not None:
                limits.take(f"grant {grant.number}", f"POST {TOKEN}", REFRESHES, now.timestamp())
            tokens = self.grants.refresh(grant, now)
        else:
            raise Declined("invalid_grant_type", "grant_type must be authorization_code or refresh_token.")
        return _json(tokens.as_json())

    def _revoke(self, app: App, form: Mapping[str, str], _limits: Limits | None, _now: datetime) -> Answer:
        self.grants.revoke(app, _needed(form, "token"))
        return Answer(200)


def _part_of(asked: Asked, scopes: frozenset[str]) -> frozenset[str]:
    if not scopes <= asked.scopes:
        raise ValueError(f"Nobody asked for {', '.join(sorted(scopes - asked.scopes))}.")
    return scopes


def _form(headers: Mapping[str, str], body: bytes) -> Mapping[str, str]:
    if headers.get("content-type", "").split(";")[0].strip() != FORM:
        raise Declined("invalid_grant_type", f"The body must be {FORM}.")
    pairs = parse_qsl(body.decode(errors="replace"), keep_blank_values=True)
    if len(dict(pairs)) != len(pairs):
        raise Declined("invalid_request", "A parameter is given twice.")
    return dict(pairs)


def _needed(form: Mapping[str, str], name: str) -> str:
    if not form.get(name):
        raise Declined("invalid_request", f"{name} is required.")
    return form[name]


def _json(told: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    kept_nowhere = {"Cache-Control": "no-store", **(headers or {})}
    return replace(Answer.of(told, status), headers=kept_nowhere, media_type="application/json")


def _html(page: str, status: int = 200) -> Answer:
    return Answer(status, page.encode(), {"X-Frame-Options": "DENY"}, "text/html")


def _redirect(address: str) -> Answer:
    return Answer(302, headers={"Location": address})
