"""What may be wrong with a set-up, in the three parts of the help page's table (R99 to R106)."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """`error`: texts do not arrive; `warning`: some may not, or one too many; `info`: good to know."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Code(StrEnum):
    """Stable names of what may be wrong."""

    PLAN_TOO_SMALL = "PLAN_TOO_SMALL"
    NOT_CONNECTED = "NOT_CONNECTED"
    CONNECTION_LOST = "CONNECTION_LOST"
    ACCOUNT_CHANGED = "ACCOUNT_CHANGED"
    SCOPE_MISSING = "SCOPE_MISSING"
    AUTOMATIC_UNAVAILABLE = "AUTOMATIC_UNAVAILABLE"
    AUTOMATIC_FAILED = "AUTOMATIC_FAILED"
    SETUP_INCOMPLETE = "SETUP_INCOMPLETE"
    SMS_OFF = "SMS_OFF"
    SMS_UNKNOWN = "SMS_UNKNOWN"
    METRIC_NOT_LISTED = "METRIC_NOT_LISTED"
    NO_SUCH_FLOW = "NO_SUCH_FLOW"
    OTHER_NAME = "OTHER_NAME"
    OTHER_METRIC = "OTHER_METRIC"
    FLOW_ARCHIVED = "FLOW_ARCHIVED"
    FLOW_NOT_LIVE = "FLOW_NOT_LIVE"
    MESSAGE_NOT_LIVE = "MESSAGE_NOT_LIVE"
    NO_MESSAGE = "NO_MESSAGE"
    SEVERAL_LIVE_FLOWS = "SEVERAL_LIVE_FLOWS"
    SMART_SENDING = "SMART_SENDING"
    NOT_TRANSACTIONAL = "NOT_TRANSACTIONAL"
    TEST_NOT_RECEIVED = "TEST_NOT_RECEIVED"


@dataclass(frozen=True, slots=True)
class Problem:
    """What people see, why it is so, and what to do about it."""

    code: Code
    symptom: str
    cause: str
    fix: str
    severity: Severity = Severity.ERROR

    @property
    def blocks(self) -> bool:
        return self.severity is Severity.ERROR
