"""The bodies of flows and their actions, as the contract writes them (klaviyo.md section 5).

Actions and conditions are read one by one, by their type: pointers then say which one is wrong.
The double knows what can text about a metric: one metric trigger, texts and delays.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NotRequired

from pydantic import AfterValidator, Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from saleor_stoq_app.sandbox.klaviyo.contract import STRICT, Document, Text
from saleor_stoq_app.sandbox.klaviyo.templates import check_template

Status = Literal["draft", "manual", "live"]
ActionStatus = Literal["disabled", "draft", "manual", "live"]
FlowName = Annotated[str, Field(min_length=1, max_length=255)]


def _rendered(body: str) -> str:
    check_template(body)
    return body


class Parameter(TypedDict):
    """A tracking parameter."""

    param: str
    value: str


class Sms(TypedDict):
    """A text; what is left out has a default, except the body."""

    body: Annotated[Text, AfterValidator(_rendered)]
    image_id: NotRequired[str | None]
    dynamic_image: NotRequired[str | None]
    message_hierarchy: NotRequired[None]
    shorten_links: NotRequired[bool]
    include_contact_card: NotRequired[bool]
    add_org_prefix: NotRequired[bool]
    add_info_link: NotRequired[bool]
    add_opt_out_language: NotRequired[bool]
    smart_sending_enabled: NotRequired[bool]
    sms_quiet_hours_enabled: NotRequired[bool]
    transactional: NotRequired[bool]
    add_tracking_params: NotRequired[bool]
    custom_tracking_params: NotRequired[list[Parameter] | None]
    template_id: NotRequired[str | None]
    additional_filters: NotRequired[None]
    name: NotRequired[str | None]
    id: NotRequired[str | None]


SMS_DEFAULTS: Mapping[str, Any] = {
    "image_id": None,
    "dynamic_image": None,
    "message_hierarchy": None,
    "shorten_links": True,
    "include_contact_card": False,
    "add_org_prefix": True,
    "add_info_link": True,
    "add_opt_out_language": False,
    "smart_sending_enabled": True,
    "sms_quiet_hours_enabled": True,
    "transactional": False,
    "add_tracking_params": False,
    "custom_tracking_params": None,
    "template_id": None,
    "additional_filters": None,
    "name": None,
}


class SmsData(TypedDict):
    """A text and whether it goes out."""

    message: Sms
    status: NotRequired[ActionStatus]


class DelayData(TypedDict):
    """How long to wait; the double knows no weekdays and no time of day."""

    value: Annotated[int, Field(ge=0)]
    unit: NotRequired[Literal["days", "hours", "minutes"]]
    secondary_value: NotRequired[None]
    timezone: NotRequired[Text]


DELAY_DEFAULTS: Mapping[str, Any] = {"unit": "days", "secondary_value": None, "timezone": "profile"}


class Link(TypedDict, total=False):
    """Which action comes next."""

    next: Text | None


class Action(TypedDict):
    """What every action has."""

    id: NotRequired[Text | None]
    temporary_id: NotRequired[Text | None]
    links: NotRequired[Link | None]


@with_config(STRICT)
class SendSms(Action):
    """An action that texts."""

    type: Literal["send-sms"]
    data: SmsData


@with_config(STRICT)
class TimeDelay(Action):
    """An action that waits."""

    type: Literal["time-delay"]
    data: DelayData


class Conditions(TypedDict):
    """Conditions of which one must hold."""

    conditions: list[dict[str, Any]]


class Groups(TypedDict):
    """A filter: every group must hold, and in each group one condition."""

    condition_groups: list[Conditions]


class Trigger(TypedDict):
    """The metric that starts a flow."""

    type: Literal["metric"]
    id: Text
    trigger_filter: NotRequired[Groups | None]


class Reentry(TypedDict):
    """When somebody may enter again: `alltime` with 0 always, with 1 never."""

    duration: Annotated[int, Field(ge=0)]
    unit: Literal["alltime", "day", "hour", "week"]


class Definition(TypedDict):
    """What a flow does."""

    triggers: Annotated[list[Trigger], Field(min_length=1, max_length=1)]
    actions: list[dict[str, Any]]
    entry_action_id: Text | None
    profile_filter: NotRequired[Groups | None]
    reentry_criteria: NotRequired[Reentry]


class NewFlowAttributes(TypedDict):
    """A flow to make; it starts as a draft whatever is asked."""

    name: FlowName
    definition: Definition


class NewFlow(TypedDict):
    """The body of POST /api/flows."""

    type: Literal["flow"]
    attributes: NewFlowAttributes


class FlowChangeAttributes(TypedDict):
    """All that may be changed of a flow."""

    status: Status


class FlowChange(TypedDict):
    """The body of PATCH /api/flows/{id}."""

    type: Literal["flow"]
    id: Text
    attributes: FlowChangeAttributes


class ActionChangeAttributes(TypedDict):
    """The whole action anew."""

    definition: dict[str, Any]


class ActionChange(TypedDict):
    """The body of PATCH /api/flow-actions/{id}."""

    type: Literal["flow-action"]
    id: Text
    attributes: ActionChangeAttributes


NEW_FLOW = TypeAdapter(Document[NewFlow], config=STRICT)
FLOW_CHANGE = TypeAdapter(Document[FlowChange], config=STRICT)
ACTION_CHANGE = TypeAdapter(Document[ActionChange], config=STRICT)
SEND_SMS = TypeAdapter(SendSms)
TIME_DELAY = TypeAdapter(TimeDelay)
