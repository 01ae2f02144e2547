"""A tiny app for the double of Saleor to install and to call."""

from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

STOCK = """subscription { event { __typename issuedAt version recipient { id }
  ... on ProductVariantBackInStock { productVariant(channel: "default-channel") { id quantityAvailable }
    warehouse { slug } }
  ... on ProductVariantOutOfStock { productVariant(channel: "default-channel") { id quantityAvailable } }
  ... on ProductVariantStockUpdated { productVariant(channel: "default-channel") { id channel
    quantityAvailable pricing { price { gross { amount } } } stocks { quantity quantityAllocated } } }
  ... on ProductVariantUpdated { productVariant { id stocks { quantity quantityAllocated } } } } }"""
LIFECYCLE = """subscription { event { __typename recipient { id }
  ... on AppInstalled { app { id } } ... on AppDeleted { app { id isActive } }
  ... on AppStatusChanged { app { id isActive } } } }"""
ORDERS = """subscription { event { __typename
  ... on OrderCreated { order { number status
    lines { quantity allocations { quantity } variant { id } } } } } }"""
BASE = "http://app.test:8800"


def manifest() -> dict[str, Any]:
    def webhook(name: str, query: str) -> dict[str, str]:
        return {"name": name, "identifier": name, "targetUrl": f"{BASE}/hooks/{name}", "query": query}

    return {
        "id": "stoq.test",
        "name": "Test",
        "version": "1.0.0",
        "permissions": ["MANAGE_PRODUCTS", "MANAGE_ORDERS"],
        "tokenTargetUrl": f"{BASE}/register",
        "webhooks": [webhook("stock", STOCK), webhook("lifecycle", LIFECYCLE), webhook("orders", ORDERS)],
    }


@dataclass
class Receiver:
    """Remembers what Saleor sent; answers as it is told."""

    manifest: dict[str, Any] = field(default_factory=manifest)
    manifest_answer: int = 200
    register_answer: Response | None = None
    hook_answers: list[int] = field(default_factory=list)
    requests: list[tuple[Request, bytes]] = field(default_factory=list)

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/manifest", self._manifest),
                Route("/register", self._register, methods=["POST"]),
                Route("/hooks/{name}", self._hook, methods=["POST"]),
            ]
        )

    async def _manifest(self, request: Request) -> Response:
        await self._remember(request)
        return JSONResponse(self.manifest, self.manifest_answer)

    async def _register(self, request: Request) -> Response:
        await self._remember(request)
        return self.register_answer or JSONResponse({"success": True})

    async def _hook(self, request: Request) -> Response:
        await self._remember(request)
        return Response(status_code=self.hook_answers.pop(0) if self.hook_answers else 200)

    async def _remember(self, request: Request) -> None:
        self.requests.append((request, await request.body()))
