"""The Klaviyo strategy: metric events that trigger flows."""

from saleor_stoq_app.providers.klaviyo.spec import SPEC

__all__ = ["SPEC"]
