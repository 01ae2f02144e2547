"""The calls that we make at Klaviyo: address, scopes, limits, and what a success looks like.

Limits and scopes are those of klaviyo.md section 1.
"""

from dataclasses import dataclass
from urllib.parse import quote

REVISION = "2026-07-15"
"""The newest revision whose whole contract we hold (design section 6)."""

REVISION_OF_TEXTS = "2026-10-15"
"""The first revision that shows whether an account can text (klaviyo.md section 0.12)."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One call; `burst` is its limit a second, `steady` a minute, `daily` a day (0: none).

    `harmless`: carrying it out twice changes nothing, so that no answer simply means "try again".
    `names`: what a 404 says is gone; without it a 404 means that Klaviyo no longer offers the call.
    """

    name: str
    method: str
    path: str
    success: tuple[int, ...]
    scopes: tuple[str, ...]
    burst: int
    steady: int
    harmless: bool = True
    daily: int = 0
    names: str = ""
    revision: str = REVISION

    def path_of(self, ident: str) -> str:
        return self.path.replace("{id}", quote(ident, safe=""))


ACCOUNT = Operation("account", "GET", "/api/accounts", (200,), ("accounts:read",), 1, 15)
EVENT = Operation("event", "POST", "/api/events", (202,), ("events:write",), 350, 3500, harmless=False)
SEED = Operation("event", "POST", "/api/events", (202,), ("events:write",), 350, 3500)
EVENTS = Operation(
    "events", "POST", "/api/event-bulk-create-jobs", (202,), ("events:write",), 10, 150, harmless=False
)
READ_EVENTS = Operation("read-events", "GET", "/api/events", (200,), ("events:read",), 350, 3500)
READ_METRICS = Operation("read-metrics", "GET", "/api/metrics", (200,), ("metrics:read",), 10, 150)
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

READ_FLOWS = Operation("read-flows", "GET", "/api/flows", (200,), ("flows:read",), 3, 60)
READ_FLOW = Operation("read-flow", "GET", "/api/flows/{id}", (200,), ("flows:read",), 3, 60, names="flow")
READ_TRIGGERS = Operation(
    "read-flow-triggers",
    "GET",
    "/api/metrics/{id}/flow-triggers",
    (200,),
    ("flows:read", "metrics:read"),
    10,
    150,
    names="metric",
)
CREATE_FLOW = Operation(
    "create-flow",
    "POST",
    "/api/flows",
    (201,),
    ("flows:write",),
    1,
    15,
    harmless=False,
    daily=100,
    names="metric",
)
CHANGE_FLOW = Operation(
    "change-flow", "PATCH", "/api/flows/{id}", (200,), ("flows:write",), 3, 60, names="flow"
)
DELETE_FLOW = Operation(
    "delete-flow", "DELETE", "/api/flows/{id}", (204,), ("flows:write",), 3, 60, names="flow"
)

READ_TEXTING = Operation(
    "read-texting",
    "GET",
    "/api/text-messaging-configurations/{id}",
    (200,),
    ("sender-config:read",),
    3,
    60,
    names="SMS account",
    revision=REVISION_OF_TEXTS,
)
READ_SENDERS = Operation(
    "read-senders",
    "GET",
    "/api/text-messaging-senders",
    (200,),
    ("sender-config:read",),
    3,
    60,
    names="SMS account",
    revision=REVISION_OF_TEXTS,
)
