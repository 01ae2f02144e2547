"""Finds out whose account an API key opens, and what it allows."""

import hashlib
from collections.abc import Mapping

from saleor_stoq_app.errors import NeedsMerchant, Rejected
from saleor_stoq_app.providers.base import Account, Tools
from saleor_stoq_app.providers.klaviyo import operations as op
from saleor_stoq_app.providers.klaviyo.authorization import Authorization, by_key
from saleor_stoq_app.providers.klaviyo.client import KlaviyoClient
from saleor_stoq_app.providers.klaviyo.errors import RECONNECT
from saleor_stoq_app.providers.klaviyo.json_api import Item, part
from saleor_stoq_app.providers.klaviyo.limits import Limits

READS: Mapping[op.Operation, Mapping[str, str]] = {
    op.READ_EVENTS: {"page[size]": "1"},
    op.READ_METRICS: {},
    op.READ_FLOWS: {"page[size]": "1"},
    op.READ_PROFILES: {"page[size]": "1"},
}

ASSUMED: Mapping[str, tuple[str, ...]] = {
    "events:read": ("events:write",),
    "flows:read": ("flows:write",),
    "profiles:read": ("profiles:write", "lists:write", "subscriptions:write"),
}


async def probe(tools: Tools, key: str) -> Account:
    """Ask for the account, then try one cheap read for each scope.

    Klaviyo shows no list of a key's scopes (klaviyo.md section 2), and writing can only be tried by
    writing. So a write scope is assumed where the same thing may be read, as it is with a full key; with a
    read-only key the first write is refused and names the scope that is missing.

    Raises:
        NeedsMerchant: the key is refused, or may not read the account.
        Retryable: Klaviyo did not answer.
    """
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise NeedsMerchant("This is no Klaviyo API key.", fix=RECONNECT)
    client = await _unknown(tools, by_key(key))
    account = await client.account()
    read = {scope for operation in READS for scope in await _granted(client, operation)}
    assumed = {scope for name in read for scope in ASSUMED.get(name, ())}
    return Account(str(account.get("id")), _name(account), frozenset({*op.ACCOUNT.scopes, *read, *assumed}))


async def account_of(tools: Tools, authorization: Authorization, scopes: frozenset[str]) -> Account:
    """Ask whose account a new grant opens; its scopes came with it."""
    account = await (await _unknown(tools, authorization)).account()
    return Account(str(account.get("id")), _name(account), scopes)


async def _unknown(tools: Tools, authorization: Authorization) -> KlaviyoClient:
    """Open an account that is not known yet; the credential's digest stands for it in the limits."""
    digest = hashlib.sha256((await authorization.header()).encode()).hexdigest()[:16]
    limits = Limits(tools.limiter, tools.clock, f"probe-{digest}")
    return KlaviyoClient(tools.http, tools.config.klaviyo_api_url, authorization, limits)


async def _granted(client: KlaviyoClient, operation: op.Operation) -> tuple[str, ...]:
    try:
        await client.probe(operation, READS[operation])
    except (NeedsMerchant, Rejected):
        return ()
    return operation.scopes


def _name(account: Item) -> str:
    contact = part(account, "attributes", "contact_information")
    return str(contact.get("organization_name") or account.get("id"))
