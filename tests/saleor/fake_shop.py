"""A small Saleor with a memory: its schema refuses what it does not know, as the real one does."""

import json
from itertools import count
from typing import Any

import httpx
from graphql import build_schema, graphql_sync, parse, validate

TOKEN = "t" * 30
URL = "https://shop.example/graphql/"

SDL = """
  scalar DateTime
  enum ThumbnailFormatEnum { ORIGINAL WEBP AVIF }
  enum ProductMediaType { IMAGE VIDEO }
  enum WebhookEventTypeAsyncEnum {
    PRODUCT_VARIANT_BACK_IN_STOCK PRODUCT_VARIANT_OUT_OF_STOCK
    PRODUCT_VARIANT_STOCK_UPDATED PRODUCT_VARIANT_UPDATED
    PRODUCT_VARIANT_BACK_IN_STOCK_IN_CHANNEL PRODUCT_VARIANT_OUT_OF_STOCK_IN_CHANNEL
    PRODUCT_VARIANT_BACK_IN_STOCK_FOR_CLICK_AND_COLLECT PRODUCT_VARIANT_OUT_OF_STOCK_FOR_CLICK_AND_COLLECT
    ORDER_CREATED ORDER_CANCELLED ORDER_EXPIRED APP_DELETED APP_STATUS_CHANGED
  }
  type Query {
    app: App
    shop: Shop!
    channel(slug: String): Channel
    productVariants(ids: [ID!], channel: String, first: Int): Variants
  }
  type Mutation {
    webhookCreate(input: WebhookCreateInput!): WebhookAnswer
    webhookUpdate(id: ID, input: WebhookUpdateInput!): WebhookAnswer
    webhookDelete(id: ID): WebhookAnswer
  }
  input WebhookCreateInput {
    name: String targetUrl: String query: String isActive: Boolean asyncEvents: [WebhookEventTypeAsyncEnum!]
  }
  input WebhookUpdateInput {
    name: String targetUrl: String query: String isActive: Boolean asyncEvents: [WebhookEventTypeAsyncEnum!]
  }
  type WebhookAnswer { errors: [WebhookError!]! }
  type WebhookError { field: String message: String code: String! }
  type Shop { schemaVersion: String! }
  type App { permissions: [Permission!] webhooks: [Webhook!] }
  type Permission { code: String! }
  type Webhook {
    id: ID! name: String isActive: Boolean! targetUrl: String! subscriptionQuery: String
    asyncEvents: [Event!]!
  }
  type Event { eventType: WebhookEventTypeAsyncEnum! }
  type Channel { slug: String! isActive: Boolean! }
  type Variants { edges: [Edge!]! }
  type Edge { node: Variant! }
  type Variant {
    id: ID! name: String! sku: String trackInventory: Boolean! quantityAvailable: Int
    metafield(key: String!): String PREORDER pricing: Pricing media: [Media!] product: Product!
  }
  type Preorder { endDate: DateTime }
  type Pricing { price: Taxed }
  type Taxed { gross: Money! }
  type Money { amount: Float! currency: String! }
  type Media { type: ProductMediaType! url(size: Int, format: ThumbnailFormatEnum): String! }
  type Image { url: String! }
  type Product {
    name: String! slug: String! thumbnail(size: Int): Image media: [Media!]
    channelListings: [Listing!] attributes: [Selected!]!
  }
  type Listing {
    channel: Channel! isPublished: Boolean! publishedAt: DateTime
    isAvailableForPurchase: Boolean availableForPurchaseAt: DateTime
  }
  type Selected { attribute: Attribute! values: [Value!]! }
  type Attribute { slug: String }
  type Value { name: String }
"""


class Denied(Exception):
    """Saleor's PermissionDenied."""


class FakeShop:
    """Answers the documents that we send, out of `variants`, `channels` and `webhooks`."""

    def __init__(self, version: str = "3.23") -> None:
        self.version = version
        self.permissions = ["MANAGE_PRODUCTS", "MANAGE_ORDERS"]
        self.channels = {"default-channel": True}
        self.variants: dict[str, dict[str, Any]] = {}
        self.webhooks: list[dict[str, Any]] = []
        self.refuses: dict[str, str] = {}
        self.asked: list[dict[str, Any]] = []
        self._numbers = count(1)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(json.loads(request.content))
        self._known = request.headers["authorization"] == f"Bearer {TOKEN}"
        schema = build_schema(SDL.replace("PREORDER", "preorder: Preorder" if self.version < "3.24" else ""))
        document = self.asked[-1]["query"]
        if faults := validate(schema, parse(document)):
            return httpx.Response(400, json={"errors": [_error(faults[0].message, "GraphQLError")]})
        result = graphql_sync(schema, document, self, variable_values=self.asked[-1]["variables"])
        errors = [_error(str(error), _code(error.original_error)) for error in result.errors or ()]
        return httpx.Response(200, json={"data": result.data} | ({"errors": errors} if errors else {}))

    def app(self, _info: Any) -> dict[str, Any]:
        if not self._known:
            raise Denied
        return {"permissions": [{"code": code} for code in self.permissions], "webhooks": self.webhooks}

    def shop(self, _info: Any) -> dict[str, str]:
        return {"schemaVersion": self.version}

    def channel(self, _info: Any, slug: str) -> dict[str, Any] | None:
        return {"slug": slug, "isActive": self.channels[slug]} if slug in self.channels else None

    def productVariants(self, _info: Any, ids: list[str], channel: str, first: int) -> dict[str, Any]:  # noqa: N802
        assert ids, "no ids means every variant of the shop"
        assert len(ids) <= first <= 100
        found = [self.variants[it] for it in ids if it in self.variants and channel in self.channels]
        return {"edges": [{"node": node} for node in found]}

    def webhookCreate(self, _info: Any, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002, N802
        if code := self.refuses.get(input["name"]):
            return {
                "errors": [{"field": "query", "message": "Traceback (most recent call last)", "code": code}]
            }
        self.webhooks.append({"id": f"Webhook:{next(self._numbers)}"} | _stored(input))
        return {"errors": []}

    def webhookUpdate(self, _info: Any, id: str, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002, N802
        webhook = next(it for it in self.webhooks if it["id"] == id)
        webhook.update(_stored(input))
        return {"errors": []}

    def webhookDelete(self, _info: Any, id: str) -> dict[str, Any]:  # noqa: A002, N802
        self.webhooks = [it for it in self.webhooks if it["id"] != id]
        return {"errors": []}


def _stored(given: dict[str, Any]) -> dict[str, Any]:
    events = [{"eventType": event} for event in reversed(given["asyncEvents"])]
    kept = {name: given[name] for name in ("name", "targetUrl", "isActive")}
    return kept | {"subscriptionQuery": given["query"], "asyncEvents": events}


def _error(message: str, code: str) -> dict[str, Any]:
    stack = ["Traceback (most recent call last):", "  secret internals"]
    return {"message": message, "extensions": {"exception": {"code": code, "stacktrace": stack}}}


def _code(error: Exception | None) -> str:
    return "PermissionDenied" if isinstance(error, Denied) else type(error).__name__
