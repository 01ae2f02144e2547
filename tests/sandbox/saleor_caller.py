"""A caller of the double of Saleor, with a token or without."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from saleor_stoq_app.sandbox.saleor import SandboxSaleor
from saleor_stoq_app.sandbox.saleor.installed import InstalledApp

TOKEN = "t" * 30
URL = "http://127.0.0.1:8000/graphql/"
DENIED = "To access this path, you need one of the following permissions: "


class Caller:
    """Asks as an app would."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def __call__(
        self, query: str, token: str = TOKEN, scheme: str = "Bearer", **variables: Any
    ) -> tuple[int, dict[str, Any]]:
        headers = {"Authorization": f"{scheme} {token}"} if token else {}
        answer = await self.http.post(URL, json={"query": query, "variables": variables}, headers=headers)
        return answer.status_code, answer.json()


@asynccontextmanager
async def calling(saleor: SandboxSaleor) -> AsyncIterator[Caller]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(saleor.app)) as http:
        yield Caller(http)


def with_app(saleor: SandboxSaleor) -> SandboxSaleor:
    """Put an app in place whose token is TOKEN, without any installation."""
    app = InstalledApp(1, "stoq.test", "Test", ("MANAGE_PRODUCTS", "MANAGE_ORDERS"), TOKEN)
    saleor.shop.apps.append(app)
    return saleor
