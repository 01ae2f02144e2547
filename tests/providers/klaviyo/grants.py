"""A store of tokens in memory, and a connection by OAuth."""

import asyncio
from dataclasses import replace

from saleor_stoq_app.providers.base import Connection, Tools

OAUTH_SCOPES = frozenset(
    {"accounts:read", "events:write", "events:read", "metrics:read", "flows:read", "flows:write"}
)


class MemoryTokens:
    """Hands out `token`; a refused one is refreshed once, whoever else asks at that moment."""

    def __init__(self, token: str = "at_1") -> None:
        self.token_now = token
        self.asked = 0
        self.refreshed = 0
        self.dead: Exception | None = None
        self._lock = asyncio.Lock()

    def into(self, tools: Tools) -> Tools:
        return replace(tools, tokens=self)

    async def token(self, connection: Connection, *, refused: str = "") -> str:
        assert connection.kind == "oauth"
        self.asked += 1
        async with self._lock:
            await asyncio.sleep(0)
            if refused == self.token_now:
                if self.dead:
                    raise self.dead
                self.refreshed += 1
                self.token_now = f"at_{self.refreshed + 1}"
            return self.token_now


def by_oauth(scopes: frozenset[str] = OAUTH_SCOPES, generation: int = 1) -> Connection:
    return Connection("c1", "s", "oauth", "", scopes, "AbC123", "Acme", generation)


def by_api_key(scopes: frozenset[str] = OAUTH_SCOPES) -> Connection:
    return Connection("c1", "s", "api_key", "pk_0123456789abcdef", scopes, "AbC123", "Acme", 1)
