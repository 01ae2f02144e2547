"""Whose account carries our messages: the connection, what it was granted, and who keeps it fresh."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from saleor_stoq_app.errors import NeedsMerchant


class ConnectionKind(StrEnum):
    """How a merchant let us in."""

    API_KEY = "api_key"
    OAUTH = "oauth"


@dataclass(frozen=True, slots=True)
class Connection:
    """A provider account as a strategy sees it; `credential` is plain here and nowhere else.

    An OAuth connection's token is asked of the `TokenStore`; its `credential` is empty here. A connection
    that is not connected is only remembered: `generation` and account are those of the last time.
    """

    id: str
    shop_id: str
    kind: str
    credential: str = field(repr=False)
    scopes: frozenset[str]
    account_id: str
    account_name: str
    generation: int
    problem: str = ""
    connected_at: datetime | None = None
    is_connected: bool = True


@dataclass(frozen=True, slots=True)
class Account:
    """What a provider says about the account behind a credential."""

    id: str
    name: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Grant:
    """What a merchant granted by OAuth: store all of it whenever it comes back, for tokens rotate."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires_at: datetime
    scopes: frozenset[str]


class TokenStore(Protocol):
    """Keeps the grants of OAuth connections, and refreshes each by one process at a time."""

    async def token(self, connection: Connection, *, refused: str = "") -> str:
        """Return an access token that is good for a while yet.

        `refused` is the token that the provider just refused: it is refreshed, unless another one has
        taken its place since.

        Raises:
            NeedsMerchant: the grant is dead; only connecting again helps.
            Retryable: the provider does not answer.
        """


class NoTokens:
    """Stands where nobody keeps grants: every OAuth connection must be made again."""

    async def token(self, connection: Connection, *, refused: str = "") -> str:
        """Refuse, in words for the merchant."""
        del connection, refused
        raise NeedsMerchant("No grant is kept for this connection.", fix="Connect again.", code="RECONNECT")


NO_TOKENS: TokenStore = NoTokens()


class OAuth(Protocol):
    """Gets, renews and gives back a merchant's grant; `unavailable` says why it cannot, or is ""."""

    @property
    def unavailable(self) -> str: ...

    def authorize_url(self, *, redirect_uri: str, state: str, verifier: str) -> str:
        """Return where the merchant is asked; keep `verifier` (43 to 128 characters) for `exchange`."""

    async def exchange(self, code: str, *, verifier: str, redirect_uri: str) -> Grant:
        """Turn the code of the callback into a grant; a code works once.

        Raises:
            NeedsMerchant: the code is used, old or another's (code RECONNECT): begin again.
            Retryable: surely not done.
            Unknown: no whole answer; the code may be used up: begin again.
        """

    async def refresh(self, grant: Grant) -> Grant:
        """Renew a grant; what comes back replaces all of it.

        Raises:
            NeedsMerchant: revoked, or dead of age (code RECONNECT).
            Retryable: not answered, or not by us to mend now.
        """

    async def revoke(self, grant: Grant) -> None:
        """Give the grant back; one that is dead already is given back.

        Raises:
            Retryable: not answered.
        """

    async def account(self, grant: Grant) -> Account:
        """Ask whose account the grant opens.

        Raises:
            NeedsMerchant: refused.
            Retryable: not answered.
        """
