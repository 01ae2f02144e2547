"""What keys and apps may be allowed to do: the scopes that Klaviyo knows (klaviyo.md section 2)."""

_BOTH = (
    "brands campaigns catalogs conversations coupon-codes coupons custom-objects events flows forms images "
    "lists metrics profiles push-tokens reviews segments sender-config subscriptions tags templates "
    "tracking-settings translations web-feeds webhooks"
)

ACCOUNTS_READ = "accounts:read"
KNOWN_SCOPES = frozenset(
    (
        ACCOUNTS_READ,
        "data-privacy:write",
        "usage:read",
        *(f"{kind}:{right}" for kind in _BOTH.split() for right in ("read", "write")),
    )
)
