"""The answers to GraphQL questions; importing this package registers them all."""

from saleor_stoq_app.sandbox.saleor.answers import (
    apps,
    events,
    orders,
    problems,
    products,
    shop,
    variants,
    webhooks,
)

__all__ = ["apps", "events", "orders", "problems", "products", "shop", "variants", "webhooks"]
