"""How a shop installs us: whoever posts a token proves it, or nothing is kept (saleor.md section 4)."""

import re
from typing import Any

from saleor_stoq_app import log
from saleor_stoq_app.config import Config
from saleor_stoq_app.coordination import Limiter, Window
from saleor_stoq_app.errors import Forbidden, InvalidInput, TooMany, Unauthenticated
from saleor_stoq_app.http import Client
from saleor_stoq_app.saleor.client import Credentials, SaleorClient, TokenRefused
from saleor_stoq_app.saleor.documents import document
from saleor_stoq_app.saleor.ids import (
    SaleorApiUrl,
    domain_of,
    is_allowed,
    is_saleor_id,
    parse_saleor_api_url,
)
from saleor_stoq_app.saleor.jwks import NoKeys, fetch_jwks
from saleor_stoq_app.saleor.manifest import APP_ID, PERMISSIONS
from saleor_stoq_app.saleor.shops import Shop, Shops

APP = document("app")
PER_SHOP = Window(calls=30, seconds=60)

_TOKEN = re.compile(r"[!-~]{1,512}")
_logger = log.get(__name__)


class Registration:
    """Takes the token that Saleor hands over, has the shop confirm it, and keeps the shop."""

    def __init__(
        self, config: Config, http: Client, client: SaleorClient, shops: Shops, limiter: Limiter
    ) -> None:
        self._config = config
        self._http = http
        self._client = client
        self._shops = shops
        self._limiter = limiter

    async def register(self, saleor_api_url: str, token: str, schema_version: str | None) -> Shop:
        """Keep the shop if the token is our app's, there.

        Raises:
            InvalidInput: the address or the token cannot be read.
            Forbidden: the address is not allowed, or permissions are missing.
            TooMany: too many tokens were posted for this shop.
            Unauthenticated: the shop does not know the token as ours, or publishes no keys.
            Unavailable: the shop did not answer.
        """
        url = parse_saleor_api_url(saleor_api_url)
        if _TOKEN.fullmatch(token) is None:
            raise InvalidInput("The app token cannot be read.", field="auth_token", code="MISSING_TOKEN")
        self._refuse_strangers(url)
        if after := await self._limiter.exceeded({f"register:{url}": PER_SHOP}):
            raise TooMany("Too many installations of this shop at once; try again in a minute.", after=after)
        before = await self._shops.by_url(url, fresh=True)
        app_id = await self._prove(url, token)
        jwks = await self._keys(url)
        if await self._shops.by_url(url, fresh=True) != before:  # installed anew while we asked
            app_id = await self._prove(url, token)
        shop = await self._shops.save(
            url, app_id=app_id, token=token, jwks=jwks, schema_version=schema_version
        )
        _logger.info(
            "shop registered", shop=shop.id, saleor=domain_of(url), schema_version=shop.schema_version
        )
        return shop

    def _refuse_strangers(self, url: SaleorApiUrl) -> None:
        if not is_allowed(url, self._config.allowed_saleor_urls):
            raise Forbidden(
                f"{url} is not among the shops that may install this app.",
                fix="Ask its operator to add the address to STOQ_ALLOWED_SALEOR_URLS.",
                code="SALEOR_URL_PROHIBITED",
            )
        if url.startswith("http://") and not self._config.allow_private_networks:
            raise Forbidden(
                f"{url} is not encrypted.",
                fix="Use the shop's https address, or set STOQ_ALLOW_PRIVATE_NETWORKS=true for development.",
                code="SALEOR_URL_PROHIBITED",
            )

    async def _prove(self, url: SaleorApiUrl, token: str) -> str:
        """Ask the shop whose token this is; any app's token would pass without the identifier."""
        try:
            answer = await self._client.ask(Credentials(url, token), APP, {})
        except TokenRefused as error:
            raise _unknown_app(url) from error
        app = answer.get("app")
        if not isinstance(app, dict) or app.get("identifier") != APP_ID or not is_saleor_id(app.get("id")):
            raise _unknown_app(url)
        if missing := [name for name in PERMISSIONS if name not in _granted(app)]:
            raise Forbidden(
                f"The app was installed without {' and '.join(missing)}.",
                fix="Install it again and grant every permission that it asks for.",
                code="MISSING_PERMISSIONS",
            )
        app_id: str = app["id"]
        return app_id

    async def _keys(self, url: SaleorApiUrl) -> dict[str, Any]:
        try:
            return await fetch_jwks(self._http, self._config, url)
        except NoKeys as error:
            raise Unauthenticated(error.message, code=error.code) from error


def _granted(app: dict[str, Any]) -> list[Any]:
    permissions = app.get("permissions")
    held = permissions if isinstance(permissions, list) else []
    return [permission.get("code") for permission in held if isinstance(permission, dict)]


def _unknown_app(url: SaleorApiUrl) -> Unauthenticated:
    return Unauthenticated(
        f"{domain_of(url)} does not know this token as one of {APP_ID}.",
        fix="Install the app from its manifest again.",
        code="UNKNOWN_APP_ID",
    )
