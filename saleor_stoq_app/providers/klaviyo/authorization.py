"""How a call proves who makes it: a key, or a token that somebody keeps fresh."""

from dataclasses import dataclass, field
from typing import Protocol

from saleor_stoq_app.providers.accounts import Connection, ConnectionKind, TokenStore

KEY = "Klaviyo-API-Key "
BEARER = "Bearer "


class Authorization(Protocol):
    """Gives the `Authorization` header of the next call."""

    @property
    def kind(self) -> ConnectionKind: ...

    async def header(self, *, refused: str = "") -> str:
        """Return the header; after `refused` was answered with 401, another one if there is one."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """The same header always."""

    kind: ConnectionKind
    value: str = field(repr=False)

    async def header(self, *, refused: str = "") -> str:
        del refused
        return self.value


@dataclass(frozen=True, slots=True)
class Kept:
    """The token of a store, which refreshes it."""

    tokens: TokenStore
    connection: Connection
    kind: ConnectionKind = ConnectionKind.OAUTH

    async def header(self, *, refused: str = "") -> str:
        token = await self.tokens.token(self.connection, refused=refused.removeprefix(BEARER))
        return BEARER + token


def by_key(key: str) -> Authorization:
    return Fixed(ConnectionKind.API_KEY, KEY + key)


def by_token(token: str) -> Authorization:
    """Use a token that was granted a moment ago, before anybody keeps it."""
    return Fixed(ConnectionKind.OAUTH, BEARER + token)


def authorization_of(connection: Connection, tokens: TokenStore) -> Authorization:
    if connection.kind == ConnectionKind.OAUTH:
        return Kept(tokens, connection)
    return by_key(connection.credential)
