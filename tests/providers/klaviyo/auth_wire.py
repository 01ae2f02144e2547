"""A small authorization server: codes work once, tokens rotate (klaviyo.md section 2)."""

from base64 import b64decode
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx

from saleor_stoq_app.providers.klaviyo.oauth import challenge
from tests.providers.klaviyo.wire import Answer, given

CLIENT = ("client-1", "secret:1 ü")


@dataclass
class AuthWire:
    """Grants by refresh token; what is asked of the merchant is answered by `allow`."""

    grants: dict[str, str] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    requests: list[httpx.Request] = field(default_factory=list)
    to_come: list[Answer] = field(default_factory=list)
    lost: int = 0
    rotates: bool = True
    leaves_out: frozenset[str] = frozenset()
    numbers: count = field(default_factory=lambda: count(1))

    def allow(self, url: str, *, scopes: str = "") -> str:
        """Let the merchant click `Allow`; return the code that the browser brings back."""
        asked = dict(parse_qsl(urlsplit(url).query))
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT[0]
        assert asked["code_challenge_method"] == "S256"
        code = f"code-{next(self.numbers)}"
        self.codes[code] = asked | {"scope": scopes or asked["scope"]}
        return code

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        assert request.headers["content-type"] == "application/x-www-form-urlencoded"
        if self.to_come:
            return given(self.to_come.pop(0), request)
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        response = self._answer(request, form)
        if self.lost:
            self.lost -= 1
            raise httpx.ReadError("made up, after acting", request=request)
        return response

    def _answer(self, request: httpx.Request, form: dict[str, str]) -> httpx.Response:
        scheme, _, pair = request.headers["authorization"].partition(" ")
        if scheme != "Basic" or b64decode(pair).decode() != ":".join(CLIENT):
            return no("invalid_client", 401)
        if request.url.path == "/oauth/revoke":
            known = form["token_type_hint"] == "refresh_token" and self.grants.pop(form["token"], None)
            return httpx.Response(200) if known else no("invalid_grant")
        return {"authorization_code": self._exchange, "refresh_token": self._refresh}[form["grant_type"]](
            form
        )

    def _exchange(self, form: dict[str, str]) -> httpx.Response:
        asked = self.codes.pop(form["code"], None)
        if asked is None or form["redirect_uri"] != asked["redirect_uri"]:
            return no("invalid_grant")
        if challenge(form["code_verifier"]) != asked["code_challenge"]:
            return no("invalid_request", description="Code challenge failed.")
        return self._tokens(asked["scope"], f"rt_{next(self.numbers)}")

    def _refresh(self, form: dict[str, str]) -> httpx.Response:
        scope = self.grants.get(form["refresh_token"])
        if scope is None:
            return no("invalid_grant")
        if not self.rotates:
            return self._tokens(scope, form["refresh_token"])
        del self.grants[form["refresh_token"]]
        return self._tokens(scope, f"rt_{next(self.numbers)}")

    def _tokens(self, scope: str, refresh: str) -> httpx.Response:
        self.grants[refresh] = scope
        told = {
            "access_token": f"at_{next(self.numbers)}",
            "token_type": "bearer",
            "expires_in": 3600,
            "refresh_token": refresh,
            "scope": scope,
        }
        return httpx.Response(200, json={name: told[name] for name in told if name not in self.leaves_out})


def no(error: str, status: int = 400, description: str = "No.") -> httpx.Response:
    return httpx.Response(status, json={"error": error, "error_description": description})
