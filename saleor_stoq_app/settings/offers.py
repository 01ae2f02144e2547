"""Which providers a merchant may choose for an alert type and a medium, and why not the others: pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from saleor_stoq_app.errors import InvalidInput
from saleor_stoq_app.events import AlertType, Medium
from saleor_stoq_app.providers.base import ProviderSpec
from saleor_stoq_app.providers.registry import DEFAULT
from saleor_stoq_app.settings.plans import Plan, refusal


@dataclass(frozen=True, slots=True)
class Offer:
    """A provider as an option of a list; greyed out where `why_not` says something (R97, R99)."""

    spec: ProviderSpec
    why_not: str = ""
    fix: str = ""


def offers(specs: Iterable[ProviderSpec], plan: Plan, alert_type: AlertType, medium: Medium) -> list[Offer]:
    """Return everyone who is there for an alert type and a medium."""
    return [offer(spec, plan) for spec in specs if alert_type in spec.alert_types and medium in spec.media]


def offer(spec: ProviderSpec, plan: Plan) -> Offer:
    """Say whether a plan lets a provider be chosen; the default can always be chosen back."""
    if spec.id is DEFAULT:
        return Offer(spec)
    if spec.unavailable:
        return Offer(spec, spec.unavailable)
    refused = refusal(plan, spec)
    return Offer(spec, refused.message, refused.fix) if refused else Offer(spec)


def require(spec: ProviderSpec, plan: Plan, alert_type: AlertType, medium: Medium) -> None:
    """Pass where the provider may be chosen.

    Raises:
        PlanTooSmall: the plan does not include it.
        InvalidInput: it is not there for this alert type or medium, or not there yet.
    """
    if alert_type not in spec.alert_types or medium not in spec.media:
        raise InvalidInput(
            f"{spec.label} does not send {alert_type.replace('_', ' ')} messages by {medium}.",
            field="provider",
            fix="Choose another provider.",
            code="NOT_CARRIED",
        )
    if spec.id is DEFAULT:
        return
    if spec.unavailable:
        raise InvalidInput(
            spec.unavailable, field="provider", fix="Choose another provider.", code="NOT_AVAILABLE"
        )
    if refused := refusal(plan, spec):
        raise refused
