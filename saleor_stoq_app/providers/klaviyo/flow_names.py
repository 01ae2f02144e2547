"""Names of flows: how Klaviyo is asked for one, and which come close to it. Pure.

Names are compared in code: whether Klaviyo's own comparison minds capitals and spaces is not known
(klaviyo.md section 5), and capitals and spaces count (R95).
"""

import re
import unicodedata
from collections.abc import Iterable
from difflib import SequenceMatcher

from saleor_stoq_app.providers.flows import FlowState

DELICATE = re.compile(r"[\"'\\\x00-\x1f\x7f]")
CLOSE = 0.8
SHORTEST_PART = 4
MOST = 10
STATUSES = ("live", "manual", "draft")


def name_filter(name: str) -> str:
    """Return a filter that surely finds the name, and others perhaps; "" asks for every flow.

    How Klaviyo reads quotes within quotes is not documented: around them only a part is asked for.
    """
    if not DELICATE.search(name):
        return f'equals(name,"{name}")'
    longest = max((part.strip() for part in DELICATE.split(name)), key=len)
    return f'contains(name,"{longest}")' if longest else ""


def closest(name: str, flows: Iterable[FlowState]) -> list[FlowState]:
    """Return the flows whose names come close to this one without being it, the closest first."""
    wanted = _plain(name)
    rated = [(_closeness(wanted, _plain(flow.name)), flow) for flow in flows if flow.name != name]
    near = [(rate, flow) for rate, flow in rated if rate >= CLOSE]
    return [flow for _, flow in sorted(near, key=lambda pair: (-pair[0], *importance(pair[1])))][:MOST]


def importance(flow: FlowState) -> tuple[bool, int]:
    """Sort live flows first and archived ones last."""
    known = STATUSES.index(flow.status) if flow.status in STATUSES else len(STATUSES)
    return flow.archived, known


def _plain(name: str) -> str:
    """Take away what people do not see or do not mind: capitals, spaces, ways of writing one letter."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _closeness(wanted: str, found: str) -> float:
    shorter, longer = sorted((wanted, found), key=len)
    if len(shorter) >= SHORTEST_PART and shorter in longer:
        return CLOSE + (1 - CLOSE) * len(shorter) / len(longer)
    matcher = SequenceMatcher(None, wanted, found, autojunk=False)
    if min(matcher.real_quick_ratio(), matcher.quick_ratio()) < CLOSE:
        return 0.0
    return matcher.ratio()
