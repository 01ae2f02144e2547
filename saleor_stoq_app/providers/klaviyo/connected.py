"""Opens the API of a connected account; everything of one account shares its limits."""

from saleor_stoq_app.providers.accounts import Connection
from saleor_stoq_app.providers.base import Tools
from saleor_stoq_app.providers.klaviyo.authorization import authorization_of
from saleor_stoq_app.providers.klaviyo.client import KlaviyoClient
from saleor_stoq_app.providers.klaviyo.limits import Limits


def limits_of(tools: Tools, connection: Connection) -> Limits:
    """Klaviyo counts private keys of an account together, and each app by itself (klaviyo.md section 1)."""
    return Limits(tools.limiter, tools.clock, f"{connection.account_id}:{connection.kind}")


def connected(tools: Tools, connection: Connection, limits: Limits | None = None) -> KlaviyoClient:
    authorization = authorization_of(connection, tools.tokens)
    url = tools.config.klaviyo_api_url
    return KlaviyoClient(tools.http, url, authorization, limits or limits_of(tools, connection))
