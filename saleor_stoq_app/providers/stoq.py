"""STOQ itself: the default until a merchant chooses somebody else."""

from saleor_stoq_app.events import AlertType, Medium
from saleor_stoq_app.providers.base import ProviderId, ProviderSpec

SPEC = ProviderSpec(
    id=ProviderId.STOQ,
    label="STOQ",
    media=frozenset(Medium),
    alert_types=frozenset(AlertType),
    stages=frozenset(),
    deduplicates=False,
    keeps_consent=False,
    unavailable="STOQ does not send messages by itself in this version: choose another provider.",
)
