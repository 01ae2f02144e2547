"""What we ask a merchant to allow at Klaviyo, and what the lack of each costs (R11, R94, R101)."""

from collections.abc import Mapping

COSTS: Mapping[str, str] = {
    "accounts:read": "We cannot show which account is connected, nor notice that it is another one.",
    "events:write": "Nothing can be sent.",
    "events:read": "Alerts go one by one, for nobody can look which of many arrived; and our metrics cannot "
    "be told from those of other apps.",
    "metrics:read": "The metrics that trigger the flows cannot be found: neither automatic set-up nor "
    "verification works.",
    "flows:read": "Flows cannot be found: neither automatic set-up nor verification works.",
    "flows:write": "Automatic set-up is not available; flows are made by hand.",
    "profiles:read": "We cannot look whether a shopper may be texted: alerts wait.",
    "profiles:write": "A shopper's permission cannot be recorded: alerts wait.",
    "lists:write": "A shopper's permission cannot be recorded: alerts wait.",
    "subscriptions:write": "A shopper's permission cannot be recorded: alerts wait.",
    "sender-config:read": "We cannot show whether SMS is switched on in Klaviyo.",
}
SCOPES = tuple(COSTS)

TO_VERIFY = frozenset({"events:write", "metrics:read", "flows:read"})
TO_CREATE = TO_VERIFY | {"flows:write"}
