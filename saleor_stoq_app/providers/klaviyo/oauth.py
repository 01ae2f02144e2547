"""OAuth at Klaviyo: a confidential client with PKCE, which is mandatory (klaviyo.md section 2)."""

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlencode

from saleor_stoq_app.errors import Forbidden, NeedsMerchant, ProviderError, Retryable, TooLarge, Unknown
from saleor_stoq_app.http import NoAnswer, NotReached, Response
from saleor_stoq_app.providers.accounts import Account, Grant
from saleor_stoq_app.providers.base import Tools
from saleor_stoq_app.providers.klaviyo.authorization import by_token
from saleor_stoq_app.providers.klaviyo.errors import AN_HOUR, GRANT_AGAIN, SOON, retry_after
from saleor_stoq_app.providers.klaviyo.probe import account_of
from saleor_stoq_app.providers.klaviyo.scopes import SCOPES

HOUR = 3600
YEAR = 366 * 24 * HOUR
OUR_FAULTS = {"invalid_client", "unauthorized_client", "unsupported_grant_type"}
OUR_FAULT = "Klaviyo does not know this app's client id or secret: its operator must check them."


class KlaviyoOAuth:
    """Gets, renews and gives back grants; only the token endpoint ever sees the client's secret."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._config = tools.config
        self._clock = tools.clock

    @property
    def unavailable(self) -> str:
        if self._config.klaviyo_client_id and self._config.klaviyo_client_secret:
            return ""
        return (
            "This app is not registered with Klaviyo: its operator must set STOQ_KLAVIYO_CLIENT_ID and "
            "STOQ_KLAVIYO_CLIENT_SECRET."
        )

    def authorize_url(self, *, redirect_uri: str, state: str, verifier: str) -> str:
        query = {
            "response_type": "code",
            "client_id": self._config.klaviyo_client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(SCOPES),
            "state": state,
            "code_challenge": challenge(verifier),
            "code_challenge_method": "S256",
        }
        return f"{self._config.klaviyo_authorize_url}?{urlencode(query)}"

    async def exchange(self, code: str, *, verifier: str, redirect_uri: str) -> Grant:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": verifier,
            "redirect_uri": redirect_uri,
        }
        nothing_yet = Grant("", "", self._clock.now(), frozenset(SCOPES))
        try:
            return self._granted(await self._post("/oauth/token", form), nothing_yet)
        except _Lost as error:
            raise Unknown("Klaviyo gave no whole answer to the authorization.") from error

    async def refresh(self, grant: Grant) -> Grant:
        form = {"grant_type": "refresh_token", "refresh_token": grant.refresh}
        return self._granted(await self._post("/oauth/token", form), grant)

    async def revoke(self, grant: Grant) -> None:
        form = {"token_type_hint": "refresh_token", "token": grant.refresh}
        with suppress(NeedsMerchant):  # dead already
            await self._post("/oauth/revoke", form)

    async def account(self, grant: Grant) -> Account:
        return await account_of(self._tools, by_token(grant.access), grant.scopes)

    async def _post(self, path: str, form: Mapping[str, str]) -> Response:
        """Ask as the client that we are.

        Raises:
            NeedsMerchant: what the form holds is dead.
            _Lost: it may have been done.
            Retryable: surely not done.
        """
        if self.unavailable:
            raise Retryable(self.unavailable, after=AN_HOUR)
        headers = {"authorization": self._basic(), "content-type": "application/x-www-form-urlencoded"}
        url, content = self._config.klaviyo_api_url + path, urlencode(form).encode()
        try:
            response = await self._tools.http.request("POST", url, headers=headers, content=content)
        except NotReached as error:
            raise Retryable("Klaviyo could not be reached.", after=SOON) from error
        except Forbidden as error:
            raise Retryable(f"Klaviyo may not be called: {error}", after=AN_HOUR) from error
        except (NoAnswer, TooLarge) as error:
            raise _Lost from error
        if response.status != 200:  # noqa: PLR2004 - the one success
            raise _refusal(response)
        return response

    def _basic(self) -> str:
        secret = self._config.klaviyo_client_secret
        pair = f"{self._config.klaviyo_client_id}:{secret.get_secret_value() if secret else ''}"
        return f"Basic {b64encode(pair.encode()).decode()}"

    def _granted(self, response: Response, before: Grant) -> Grant:
        """Read a token answer: what it leaves out stays as it was before (RFC 6749, sections 5.1 and 6)."""
        body = response.json()
        told: Mapping[str, Any] = body if isinstance(body, dict) else {}
        access, refresh = (_token(told.get(f"{name}_token")) for name in ("access", "refresh"))
        if not access or not (refresh or before.refresh):
            raise _Lost
        lifetime = told.get("expires_in")
        seconds = lifetime if isinstance(lifetime, int) and 0 < lifetime < YEAR else HOUR
        scope = told.get("scope")
        return Grant(
            access=access,
            refresh=refresh or before.refresh,
            expires_at=self._clock.now() + timedelta(seconds=seconds),
            scopes=frozenset(scope.split()) if isinstance(scope, str) else before.scopes,
        )


class _Lost(Retryable):
    """No whole answer: renewing and revoking are tried again, an exchange is begun again."""

    def __init__(self) -> None:
        super().__init__("Klaviyo gave no whole answer.", after=SOON)


def new_verifier() -> str:
    """Return 86 characters that nobody guesses (43 to 128 are allowed)."""
    return token_urlsafe(64)


def challenge(verifier: str) -> str:
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _refusal(response: Response) -> ProviderError:
    """Tell a dead grant from our own fault, which no merchant can mend, and both from Klaviyo's trouble."""
    if response.status == 429:  # noqa: PLR2004
        return Retryable("Klaviyo asks us to slow down.", after=retry_after(response))
    body = response.json()
    if isinstance(body, dict) and body.get("error") in OUR_FAULTS:
        return Retryable(OUR_FAULT, after=AN_HOUR)
    if response.status in {400, 401}:
        return NeedsMerchant("Klaviyo no longer knows this authorization.", fix=GRANT_AGAIN, code="RECONNECT")
    if 400 <= response.status < 500:  # noqa: PLR2004
        return Retryable(f"Klaviyo does not take this call ({response.status}).", after=AN_HOUR)
    return _Lost()


def _token(value: Any) -> str:
    usable = isinstance(value, str) and value.isascii() and value.isprintable() and " " not in value
    return str(value) if usable else ""
