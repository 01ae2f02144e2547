"""The calls that we make at Klaviyo: address, scopes, limits, and what a success looks like.

Limits and scopes are those of klaviyo.md section 1.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Operation:
    """One call; `burst` is its limit a second, `steady` its limit a minute.

    `harmless`: carrying it out twice changes nothing, so that no answer simply means "try again".
    """

    name: str
    method: str
    path: str
    success: tuple[int, ...]
    scopes: tuple[str, ...]
    burst: int
    steady: int
    harmless: bool = True


ACCOUNT = Operation("account", "GET", "/api/accounts", (200,), ("accounts:read",), 1, 15)
EVENT = Operation("event", "POST", "/api/events", (202,), ("events:write",), 350, 3500, harmless=False)
EVENTS = Operation(
    "events", "POST", "/api/event-bulk-create-jobs", (202,), ("events:write",), 10, 150, harmless=False
)
READ_EVENTS = Operation("read-events", "GET", "/api/events", (200,), ("events:read",), 350, 3500)
READ_METRICS = Operation("read-metrics", "GET", "/api/metrics", (200,), ("metrics:read",), 10, 150)
READ_FLOWS = Operation("read-flows", "GET", "/api/flows", (200,), ("flows:read",), 3, 60)
READ_PROFILES = Operation("read-profiles", "GET", "/api/profiles", (200,), ("profiles:read",), 75, 750)
IMPORT_PROFILE = Operation(
    "import-profile", "POST", "/api/profile-import", (200, 201), ("profiles:write",), 75, 750
)
SUBSCRIBE = Operation(
    "subscribe",
    "POST",
    "/api/profile-subscription-bulk-create-jobs",
    (202,),
    ("lists:write", "profiles:write", "subscriptions:write"),
    75,
    750,
    harmless=False,
)
