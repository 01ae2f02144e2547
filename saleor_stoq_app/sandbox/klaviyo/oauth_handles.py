"""The handles that tests and the demo turn about apps, and about the merchant who allows them."""

import random
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from saleor_stoq_app.clock import Clock
from saleor_stoq_app.sandbox.klaviyo.account import Account
from saleor_stoq_app.sandbox.klaviyo.apps import AUTHORIZE, App, BadLink
from saleor_stoq_app.sandbox.klaviyo.grants import Tokens
from saleor_stoq_app.sandbox.klaviyo.ids import Ids
from saleor_stoq_app.sandbox.klaviyo.metrics import Integration
from saleor_stoq_app.sandbox.klaviyo.oauth_desk import Desk
from saleor_stoq_app.sandbox.klaviyo.scopes import KNOWN_SCOPES


class OAuthHandles:
    """Apps, and what a merchant does with them at Klaviyo; a part of `SandboxKlaviyo`."""

    _clock: Clock
    _desk: Desk
    _app_ids: Ids

    def add_app(
        self,
        client_id: str,
        client_secret: str,
        redirect_uris: Iterable[str],
        name: str,
        *,
        scopes: Iterable[str] = KNOWN_SCOPES,
    ) -> App:
        """Register an app; its events make metrics of an integration of its own, called `name`."""
        apps = self._desk.apps
        key = re.sub(r"\W+", "_", name.lower()).strip("_")
        if client_id in apps or any(app.integration.key == key for app in apps.values()):
            raise ValueError("There is an app of this client_id or name.")
        integration = Integration(self._app_ids.short(), key, name, "App")
        app = App(client_id, client_secret, tuple(redirect_uris), name, integration, frozenset(scopes))
        apps[client_id] = app
        return app

    @property
    def signed_in(self) -> Account:
        """Whose merchant looks at the authorization page; the first account's until it is set."""
        return self._desk.signed_in

    @signed_in.setter
    def signed_in(self, account: Account) -> None:
        self._desk.signed_in = account

    @property
    def withheld_scopes(self) -> frozenset[str]:
        """Scopes that Allow does not grant, on the page too, though they were asked for."""
        return self._desk.withheld

    @withheld_scopes.setter
    def withheld_scopes(self, scopes: Iterable[str]) -> None:
        self._desk.withheld = frozenset(scopes)

    def allow(
        self,
        authorize_url: str,
        *,
        account: Account | None = None,
        scopes: Iterable[str] | None = None,
    ) -> str:
        """Click Allow, granting `scopes` or all that were asked for; return where the browser is sent.

        Raises:
            ValueError: the link shows no page to click on.
        """
        granted = None if scopes is None else frozenset(scopes)
        return self._click(authorize_url, account, granted, allow=True)

    def deny(self, authorize_url: str, *, account: Account | None = None) -> str:
        """Click Deny; return where the browser is sent."""
        return self._click(authorize_url, account, None, allow=False)

    def install(
        self, app: App, *, account: Account | None = None, scopes: Iterable[str] | None = None
    ) -> Tokens:
        """Give an app tokens, as if a merchant had allowed it all and the code had been exchanged."""
        granted = app.scopes if scopes is None else frozenset(scopes)
        home = account or self._desk.signed_in
        return self._desk.grants.install(app, home, granted, self._clock.now())

    def uninstall(self, app: App, account: Account | None = None) -> None:
        """Remove an app at Klaviyo's side: every token for the account is dead, and nobody is told."""
        self._desk.grants.uninstall(app, account or self._desk.signed_in)

    def refuse_refresh(self, times: int = 1) -> None:
        """Let the next refreshes end with invalid_grant."""
        self._desk.grants.refusals += times

    @property
    def rotates_refresh_tokens(self) -> bool:
        """Whether a refresh gives a new refresh token and ends the old one; recorded: it does not."""
        return self._desk.grants.rotates

    @rotates_refresh_tokens.setter
    def rotates_refresh_tokens(self, rotates: bool) -> None:
        self._desk.grants.rotates = rotates

    @property
    def access_token_seconds(self) -> int:
        """How long access tokens live that are given from now on."""
        return self._desk.grants.access_seconds

    @access_token_seconds.setter
    def access_token_seconds(self, seconds: int) -> None:
        self._desk.grants.access_seconds = seconds

    def _click(self, url: str, account: Account | None, scopes: frozenset[str] | None, *, allow: bool) -> str:
        parts = urlsplit(url)
        if parts.path != AUTHORIZE:
            raise ValueError(f"Klaviyo's authorization page is at {AUTHORIZE}, not at {parts.path}.")
        home, now = account or self._desk.signed_in, self._clock.now()
        try:
            return self._desk.decide(parts.query, allow=allow, account=home, scopes=scopes, now=now)
        except BadLink as bad:
            raise ValueError(str(bad)) from bad


def app_ids(seed: int) -> Ids:
    """Draw the ids of integrations apart from everything else."""
    return Ids(random.Random(f"apps {seed}"))
