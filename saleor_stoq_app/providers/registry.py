"""Every provider that a merchant may choose, by name, in the order in which they are shown."""

from collections.abc import Mapping

from saleor_stoq_app.providers import klaviyo, postscript, stoq
from saleor_stoq_app.providers.base import ProviderId, ProviderSpec

PROVIDERS: Mapping[ProviderId, ProviderSpec] = {
    spec.id: spec for spec in (stoq.SPEC, klaviyo.SPEC, postscript.SPEC)
}
DEFAULT = ProviderId.STOQ
"""Who sends until a merchant chooses somebody else (R1); it can always be chosen back."""
