"""Every provider that a merchant may choose, by name."""

from collections.abc import Mapping

from saleor_stoq_app.providers import klaviyo
from saleor_stoq_app.providers.base import ProviderId, ProviderSpec

PROVIDERS: Mapping[ProviderId, ProviderSpec] = {klaviyo.SPEC.id: klaviyo.SPEC}
