"""The operations that the double knows, with the limits and scopes of the contract (klaviyo.md section 1)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from saleor_stoq_app.sandbox.klaviyo import flow_writes, privacy, reads, sender_reads, writes
from saleor_stoq_app.sandbox.klaviyo.answers import Answer
from saleor_stoq_app.sandbox.klaviyo.calls import Call
from saleor_stoq_app.sandbox.klaviyo.limits import XL, XS, XS_A_DAY, L, M, S, Windows
from saleor_stoq_app.sandbox.klaviyo.queries import Parameters
from saleor_stoq_app.sandbox.klaviyo.refusals import not_found, wrong_method
from saleor_stoq_app.sandbox.klaviyo.resources import FLOW_ACTION_FIELDS

NOTHING = Parameters()
SHOWN_PROFILE = Parameters(fields=reads.PROFILES.fields, additional=reads.PROFILES.additional)
FLOW_ACTION = Parameters(fields={"flow-action": FLOW_ACTION_FIELDS})
TEXT_MESSAGING = "2026-10-15"
SUBSCRIPTIONS = ("lists:write", "profiles:write", "subscriptions:write")


@dataclass(frozen=True, slots=True)
class Operation:
    """One method on one path: who may, how often, with which parameters, and what it does."""

    method: str
    path: str
    windows: Windows
    scopes: tuple[str, ...]
    act: Callable[[Call], Answer]
    parameters: Parameters = NOTHING
    since: str = ""
    """The first revision that has it."""

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


OPERATIONS = (
    Operation("GET", "/api/accounts", XS, ("accounts:read",), reads.accounts, reads.ACCOUNTS),
    Operation("POST", "/api/events", XL, ("events:write",), writes.create_event),
    Operation("POST", "/api/event-bulk-create-jobs", M, ("events:write",), writes.create_events),
    Operation("GET", "/api/events", XL, ("events:read",), reads.events, reads.EVENTS),
    Operation("GET", "/api/metrics", M, ("metrics:read",), reads.metrics, reads.METRICS),
    Operation("GET", "/api/metrics/{id}", M, ("metrics:read",), reads.metric, reads.METRIC),
    Operation(
        "GET",
        "/api/metrics/{id}/flow-triggers",
        M,
        ("flows:read", "metrics:read"),
        reads.flow_triggers,
        reads.TRIGGERS,
    ),
    Operation("POST", "/api/profile-import", L, ("profiles:write",), writes.import_profile, SHOWN_PROFILE),
    Operation("GET", "/api/profiles", L, ("profiles:read",), reads.profiles, reads.PROFILES),
    Operation("POST", "/api/profile-subscription-bulk-create-jobs", L, SUBSCRIPTIONS, writes.subscribe),
    Operation("POST", "/api/profile-subscription-bulk-delete-jobs", L, SUBSCRIPTIONS, writes.unsubscribe),
    Operation("GET", "/api/lists", L, ("lists:read",), reads.lists, reads.LISTS),
    Operation("GET", "/api/flows", S, ("flows:read",), reads.flows, reads.FLOWS),
    Operation("POST", "/api/flows", XS_A_DAY, ("flows:write",), flow_writes.create_flow, reads.FLOW),
    Operation("GET", "/api/flows/{id}", S, ("flows:read",), reads.flow, reads.FLOW),
    Operation("PATCH", "/api/flows/{id}", S, ("flows:write",), flow_writes.change_flow, reads.TRIGGERS),
    Operation("DELETE", "/api/flows/{id}", S, ("flows:write",), flow_writes.delete_flow),
    Operation("GET", "/api/flow-actions/{id}", S, ("flows:read",), flow_writes.show_action, FLOW_ACTION),
    Operation("PATCH", "/api/flow-actions/{id}", S, ("flows:write",), flow_writes.change_action, FLOW_ACTION),
    Operation("POST", "/api/data-privacy-deletion-jobs", S, ("data-privacy:write",), privacy.forget),
    Operation(
        "GET",
        "/api/text-messaging-configurations/{id}",
        S,
        ("sender-config:read",),
        sender_reads.configuration,
        sender_reads.CONFIGURATION,
        since=TEXT_MESSAGING,
    ),
    Operation(
        "GET",
        "/api/text-messaging-senders",
        S,
        ("sender-config:read",),
        sender_reads.senders,
        sender_reads.SENDERS,
        since=TEXT_MESSAGING,
    ),
)

ALL_SCOPES = frozenset(scope for operation in OPERATIONS for scope in operation.scopes)

_BY_PATH: Mapping[str, Mapping[str, Operation]] = {
    path: {one.method: one for one in OPERATIONS if one.path == path}
    for path in dict.fromkeys(one.path for one in OPERATIONS)
}


def find(method: str, path: str) -> tuple[Operation, str]:
    """Return the operation and the id in its path.

    Raises:
        Refused: nobody knows the path (404), or it does not take the method (405).
    """
    template, ident = path, ""
    parts = path.split("/", 4)
    if len(parts) > 3:  # noqa: PLR2004 - /api/<kind>/<id>/<relationship>
        ident, parts[3] = parts[3], "{id}"
        template = "/".join(parts)
    methods = _BY_PATH.get(template)
    if methods is None:
        raise not_found(f"The path {path} does not exist.")
    if method not in methods:
        raise wrong_method(method)
    return methods[method], ident
