"""Who enters a flow: filters on the event and on consent, checked when made and asked at every event."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from pydantic import TypeAdapter, with_config
from typing_extensions import TypedDict

from saleor_stoq_app.sandbox.klaviyo.contract import STRICT, Text, check
from saleor_stoq_app.sandbox.klaviyo.flow_bodies import Groups
from saleor_stoq_app.sandbox.klaviyo.profiles import Profile
from saleor_stoq_app.sandbox.klaviyo.refusals import invalid
from saleor_stoq_app.sandbox.klaviyo.timeline import Event

_TEXT_TESTS: Mapping[str, Callable[[str, str], bool]] = {
    "equals": lambda actual, value: actual == value,
    "contains": lambda actual, value: value in actual,
    "starts-with": lambda actual, value: actual.startswith(value),
    "ends-with": lambda actual, value: actual.endswith(value),
}


@with_config(STRICT)
class TextFilter(TypedDict):
    """A test of a string."""

    type: Literal["string"]
    operator: Literal[
        "equals",
        "contains",
        "starts-with",
        "ends-with",
        "not-equals",
        "not-contains",
        "not-starts-with",
        "not-ends-with",
    ]
    value: Text


@with_config(STRICT)
class Existence(TypedDict):
    """A test whether something is there."""

    type: Literal["existence"]
    operator: Literal["is-set", "not-set"]


@with_config(STRICT)
class MetricProperty(TypedDict):
    """A condition on a property of the event."""

    type: Literal["metric-property"]
    metric_id: Text
    field: Text
    filter: dict[str, Any]


class Subscription(TypedDict):
    """What the consent must be."""

    subscription: Literal["subscribed", "any", "unsubscribed", "never_subscribed"]


class SmsConsent(TypedDict):
    """Whether marketing texts may be received."""

    channel: Literal["sms"]
    can_receive_marketing: bool
    consent_status: Subscription


@with_config(STRICT)
class MarketingConsent(TypedDict):
    """A condition on a profile's consent."""

    type: Literal["profile-marketing-consent"]
    consent: SmsConsent


TEXT_FILTER = TypeAdapter(TextFilter)
EXISTENCE = TypeAdapter(Existence)
METRIC_PROPERTY = TypeAdapter(MetricProperty)
MARKETING_CONSENT = TypeAdapter(MarketingConsent)


def check_trigger_filter(groups: Groups | None, metric_id: str, pointer: str) -> None:
    """Raise Refused unless every condition is about a property of the flow's own metric."""
    for condition, at in _conditions(groups, pointer):
        found = check(METRIC_PROPERTY, condition, at)
        if found["metric_id"] != metric_id:
            raise invalid(f"{at}/metric_id", "A trigger filter must be about the metric of its trigger.")
        _check_test(found["filter"], f"{at}/filter")


def check_profile_filter(groups: Groups | None, pointer: str) -> None:
    """Raise Refused for a condition that is not about consent to texts: the double knows no other."""
    for condition, at in _conditions(groups, pointer):
        consent = check(MARKETING_CONSENT, condition, at)["consent"]
        if consent["can_receive_marketing"] != (consent["consent_status"]["subscription"] == "subscribed"):
            raise invalid(
                f"{at}/consent", "'can_receive_marketing' and 'subscription' contradict each other."
            )


def lets_event_in(groups: Groups | None, event: Event) -> bool:
    return _holds(groups, lambda condition: _about_event(condition, event.properties))


def lets_person_in(groups: Groups | None, profile: Profile) -> bool:
    return _holds(groups, lambda condition: _about_person(condition, profile))


def _conditions(groups: Groups | None, pointer: str) -> list[tuple[dict[str, Any], str]]:
    return [
        (condition, f"{pointer}/condition_groups/{i}/conditions/{j}")
        for i, group in enumerate(groups["condition_groups"] if groups else ())
        for j, condition in enumerate(group["conditions"])
    ]


def _check_test(wanted: dict[str, Any], pointer: str) -> None:
    if wanted.get("type") == "string":
        check(TEXT_FILTER, wanted, pointer)
    elif wanted.get("type") == "existence":
        check(EXISTENCE, wanted, pointer)
    else:
        raise invalid(f"{pointer}/type", "The sandbox knows filters on strings and on existence.")


def _holds(groups: Groups | None, test: Callable[[Any], bool]) -> bool:
    return groups is None or all(any(map(test, group["conditions"])) for group in groups["condition_groups"])


def _about_event(condition: MetricProperty, properties: Mapping[str, Any]) -> bool:
    actual, wanted = properties.get(condition["field"]), condition["filter"]
    if wanted["type"] == "existence":
        wanted_there: bool = wanted["operator"] == "is-set"
        return (actual is not None) == wanted_there
    operator: str = wanted["operator"]
    holds: bool = isinstance(actual, str) and _TEXT_TESTS[operator.removeprefix("not-")](
        actual, wanted["value"]
    )
    return holds != operator.startswith("not-")


def _about_person(condition: MarketingConsent, profile: Profile) -> bool:
    consent, status = condition["consent"], profile.sms_marketing.status
    if consent["can_receive_marketing"]:
        return profile.sms_marketing.given
    wanted = consent["consent_status"]["subscription"]
    return not profile.sms_marketing.given and wanted in {"any", status.lower()}
