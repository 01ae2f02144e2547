"""Makes the body of a webhook: the subscription run against the event, its `event` content laid bare."""

import json
from datetime import datetime
from typing import Any

from graphql import GraphQLSchema, execute_sync

from saleor_stoq_app.sandbox.saleor.asking import Asking
from saleor_stoq_app.sandbox.saleor.events import Issued
from saleor_stoq_app.sandbox.saleor.execution import formatted
from saleor_stoq_app.sandbox.saleor.installed import Webhook
from saleor_stoq_app.sandbox.saleor.shop import Shop


def body_of(shop: Shop, schema: GraphQLSchema, webhook: Webhook, issued: Issued) -> bytes:
    """Return the exact bytes; errors in the query become nulls and an `errors` list (section 5.3)."""
    asking = Asking(shop, schema, issued.recipient, shop.now())
    result = execute_sync(schema, webhook.subscription.document, root_value=issued, context_value=asking)
    content: dict[str, Any] = dict((result.data or {}).get("event") or {})
    if result.errors:
        content["errors"] = [formatted(error, error.message) for error in result.errors]
    return json.dumps(content, default=datetime.isoformat).encode()
