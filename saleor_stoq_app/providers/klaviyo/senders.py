"""Whether an account's texts leave it: Klaviyo takes events and flows, and goes live, also without."""

from collections.abc import Sequence

from saleor_stoq_app.errors import Retryable
from saleor_stoq_app.providers.accounts import Connection, ConnectionKind
from saleor_stoq_app.providers.base import Tools
from saleor_stoq_app.providers.flows import SmsStatus, SmsSwitch
from saleor_stoq_app.providers.klaviyo.client import KlaviyoClient
from saleor_stoq_app.providers.klaviyo.connected import connected
from saleor_stoq_app.providers.klaviyo.json_api import Item, part
from saleor_stoq_app.providers.problems import Gone, MissingScopes

SCOPE = "sender-config:read"
NOT_GRANTED = SmsStatus(SmsSwitch.UNKNOWN, why=f"Klaviyo shows it only to connections with {SCOPE}.")
NO_ACCOUNT = SmsStatus(SmsSwitch.OFF, why="The Klaviyo account has no SMS.")
DISABLED = SmsStatus(SmsSwitch.OFF, why="SMS is disabled in Klaviyo.")
NO_SENDER = SmsStatus(SmsSwitch.OFF, why="Klaviyo has no sending number for the account.")


async def sms_status(tools: Tools, connection: Connection) -> SmsStatus:
    """Ask Klaviyo; what may not be seen or is not answered is unknown, with the reason.

    Raises:
        NeedsMerchant: the connection itself is refused.
    """
    if connection.kind == ConnectionKind.OAUTH and SCOPE not in connection.scopes:
        return NOT_GRANTED
    try:
        return await _ask(connected(tools, connection), connection.account_id)
    except MissingScopes:
        return NOT_GRANTED
    except Gone:
        return NO_ACCOUNT
    except Retryable as error:
        return SmsStatus(SmsSwitch.UNKNOWN, why=error.message)


async def _ask(client: KlaviyoClient, account_id: str) -> SmsStatus:
    status = part(await client.texting(account_id), "attributes").get("status")
    if status == "disabled":
        return DISABLED
    if status != "active":
        return SmsStatus(SmsSwitch.UNKNOWN, why="Klaviyo does not say whether SMS is on.")
    return _judge([sender async for page in client.senders() for sender in page])


def _judge(senders: Sequence[Item]) -> SmsStatus:
    active = [sender for sender in senders if part(sender, "attributes").get("status") == "active"]
    if active:
        return SmsStatus(SmsSwitch.ON, frozenset(filter(None, map(_country, active))))
    said = sorted({str(part(sender, "attributes").get("status")).replace("_", " ") for sender in senders})
    if not said:
        return NO_SENDER
    return SmsStatus(SmsSwitch.OFF, why=f"No sending number of the account is active: {', '.join(said)}.")


def _country(sender: Item) -> str:
    return str(part(sender, "attributes", "sender_details").get("country") or "")
