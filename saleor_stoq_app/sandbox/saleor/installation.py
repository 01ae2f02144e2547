"""Installing an app, switching it off and on, and removing it, as Saleor does (saleor.md section 4)."""

import secrets
import string
from collections.abc import Callable, Sequence
from typing import Any

import httpx
from graphql import GraphQLSchema

from saleor_stoq_app.sandbox.saleor.deliveries import TIMEOUT, common_headers
from saleor_stoq_app.sandbox.saleor.events import Event
from saleor_stoq_app.sandbox.saleor.installed import InstalledApp, Webhook
from saleor_stoq_app.sandbox.saleor.manifest_rules import InstallationFailed, check, overlong, read_webhooks
from saleor_stoq_app.sandbox.saleor.shop import Shop

TRIES = 3
TOKEN_LENGTH = 30


class Installation:
    """The life of apps in one shop."""

    def __init__(
        self, shop: Shop, schema: GraphQLSchema, http: httpx.AsyncClient, fire: Callable[[Event], None]
    ) -> None:
        self._shop = shop
        self._schema = schema
        self._http = http
        self._fire = fire
        self._orphans: set[str] = set()

    async def install(self, manifest_url: str, permissions: Sequence[str] | None = None) -> InstalledApp:
        """Install from a manifest; `permissions` are what staff grants, by default what is asked for.

        Raises:
            InstallationFailed: with the message that staff would read.
        """
        await self._manifest(manifest_url)
        manifest = await self._manifest(manifest_url)
        taken = self._orphans | {app.identifier for app in self._shop.apps if not app.removed}
        check(manifest, self._shop.version, taken)
        if overlong(manifest):
            self._orphans.add(manifest["id"])
            raise InstallationFailed("Unknown error. Contact with app support.")
        app = self._row(manifest, manifest.get("permissions", []) if permissions is None else permissions)
        self._shop.apps.append(app)
        if target := manifest.get("tokenTargetUrl"):
            try:
                app.token_answer = await self._hand_over(target, app.token)
            except InstallationFailed:
                self._shop.apps.remove(app)
                raise
        self._fire(Event("APP_INSTALLED", app=app))
        return app

    def uninstall(self, app: InstalledApp) -> None:
        """Remove it: its token is dead before APP_DELETED arrives."""
        app.is_active, app.removed = False, True
        self._fire(Event("APP_DELETED", app=app))

    def set_active(self, app: InstalledApp, *, active: bool) -> None:
        app.is_active = active
        self._fire(Event("APP_STATUS_CHANGED", app=app))

    def _row(self, manifest: dict[str, Any], permissions: Sequence[str]) -> InstalledApp:
        wanted = read_webhooks(manifest, self._schema)
        webhooks = [Webhook(self._shop.next_key("Webhook"), **row) for row in wanted]
        alphabet = string.ascii_letters + string.digits
        token = "".join(secrets.choice(alphabet) for _ in range(TOKEN_LENGTH))
        app = InstalledApp(
            self._shop.next_key("App"), manifest["id"], manifest["name"], tuple(permissions), token
        )
        app.webhooks = webhooks
        return app

    async def _manifest(self, url: str) -> dict[str, Any]:
        headers = common_headers(self._shop, url) | {"Saleor-Schema-Version": self._shop.version.schema}
        for tries_left in reversed(range(TRIES)):
            try:
                answer = await self._http.get(url, headers=headers, timeout=TIMEOUT)
                break
            except httpx.TransportError as error:
                if not tries_left:
                    raise InstallationFailed("Can't fetch manifest data. Please try later.") from error
        if answer.is_error:
            raise InstallationFailed("Unable to fetch manifest data.")
        try:
            manifest: dict[str, Any] = answer.json()
        except ValueError as error:
            raise InstallationFailed("Incorrect structure of manifest.") from error
        return manifest

    async def _hand_over(self, url: str, token: str) -> int:
        """Post the token; a redirect counts as success, though nobody has the token then."""
        headers = common_headers(self._shop, url) | {
            "Content-Type": "application/json",
            "X-Saleor-Domain": self._shop.domain,
            "Saleor-Domain": self._shop.domain,
            "Saleor-Api-Url": self._shop.api_url,
            "Saleor-Schema-Version": self._shop.version.schema,
        }
        body = f'{{"auth_token": "{token}"}}'.encode()
        try:
            answer = await self._http.post(url, content=body, headers=headers, timeout=TIMEOUT)
        except httpx.TransportError as error:
            said = "Failed to connect to app. Try later or contact with app support."
            raise InstallationFailed(said) from error
        if answer.is_error:
            raise InstallationFailed(_said(answer))
        return answer.status_code


def _said(answer: httpx.Response) -> str:
    """The app's own message, word for word, or Saleor's for want of one."""
    try:
        return str(answer.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return f"App internal error ({answer.status_code}). Try later or contact with app support."
