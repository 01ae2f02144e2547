"""What may be said about Klaviyo before anything is connected."""

from saleor_stoq_app.events import AlertType, Medium
from saleor_stoq_app.providers.base import ProviderId, ProviderSpec
from saleor_stoq_app.providers.klaviyo.probe import probe
from saleor_stoq_app.providers.klaviyo.provider import Klaviyo

SPEC = ProviderSpec(
    id=ProviderId.KLAVIYO,
    label="Klaviyo",
    media=frozenset({Medium.SMS}),
    alert_types=frozenset({AlertType.BACK_IN_STOCK}),
    deduplicates=True,
    keeps_consent=True,
    build=Klaviyo,
    probe=probe,
)
