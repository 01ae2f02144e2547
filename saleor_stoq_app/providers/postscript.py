"""Postscript: announced, so that merchants see that it is coming (R97)."""

from saleor_stoq_app.events import AlertType, Medium
from saleor_stoq_app.providers.base import ProviderId, ProviderSpec

SPEC = ProviderSpec(
    id=ProviderId.POSTSCRIPT,
    label="Postscript",
    media=frozenset({Medium.SMS}),
    alert_types=frozenset(AlertType),
    stages=frozenset(),
    deduplicates=False,
    keeps_consent=False,
    unavailable="Postscript is coming soon.",
)
