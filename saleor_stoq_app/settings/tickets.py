"""One asking for a provider's account, from the panel's button to the merchant's answer; kept for minutes."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from saleor_stoq_app.clock import Clock, new_id
from saleor_stoq_app.database.engine import Database
from saleor_stoq_app.database.tables import oauth_tickets
from saleor_stoq_app.providers.base import ProviderId
from saleor_stoq_app.secrets import Vault

MINTED, ASKED, EXCHANGING, GRANTED = "minted", "asked", "exchanging", "granted"
TO_OPEN = timedelta(minutes=5)
TO_ALLOW = timedelta(minutes=15)
TO_ANSWER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Ticket:
    """Where an asking stands; `secret` is plain here and nowhere else."""

    id: str
    shop_id: str
    provider: ProviderId
    staff: str
    step: str
    nonce: str
    secret: str = field(repr=False)
    replaces: str
    expires_at: datetime

    def is_of(self, nonce: str) -> bool:
        """Tell whether it was begun in the browser that holds this cookie."""
        return bool(nonce) and hmac.compare_digest(self.nonce, hashed(nonce))


class Tickets:
    """Keeps askings. What travels through a browser is kept as a hash, what a provider said encrypted."""

    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock

    async def mint(self, shop_id: str, staff: str, provider: ProviderId = ProviderId.KLAVIYO) -> str:
        """Return a ticket for `/oauth/<provider>/start?ticket=`: good once, within five minutes.

        Only for staff who proved that they may change settings of this shop.
        """
        now, ticket = self._clock.now(), secrets.token_urlsafe(32)
        row = {
            "id": new_id(now),
            "shop_id": shop_id,
            "provider": provider,
            "staff": staff,
            "step": MINTED,
            "ticket": hashed(ticket),
            "secret": self._vault.seal(""),
            "replaces": "",
            "expires_at": now + TO_OPEN,
        }
        await self._database.write(lambda conn: conn.execute(sa.insert(oauth_tickets).values(row)).rowcount)
        return ticket

    async def by_ticket(self, ticket: str) -> Ticket | None:
        return await self._find(oauth_tickets.c.ticket == hashed(ticket))

    async def by_state(self, state: str) -> Ticket | None:
        return await self._find(oauth_tickets.c.state == hashed(state))

    async def by_id(self, ticket_id: str) -> Ticket | None:
        return await self._find(oauth_tickets.c.id == ticket_id)

    async def ask(self, ticket: Ticket, *, state: str, nonce: str, verifier: str) -> bool:
        """Go on to the provider's page, once; the verifier waits here for the way back."""
        secret, until = self._vault.seal(verifier), self._clock.now() + TO_ALLOW
        values = {"state": hashed(state), "nonce": hashed(nonce), "secret": secret, "expires_at": until}
        return await self._move(ticket.id, MINTED, ASKED, values)

    async def exchange(self, ticket: Ticket) -> bool:
        """Go on to the exchange of the code, once."""
        return await self._move(ticket.id, ASKED, EXCHANGING, {})

    async def grant(self, ticket: Ticket, secret: str, *, replaces: str) -> bool:
        """Keep what was granted until the merchant answers."""
        values = {
            "secret": self._vault.seal(secret),
            "replaces": replaces,
            "expires_at": self._clock.now() + TO_ANSWER,
        }
        return await self._move(ticket.id, EXCHANGING, GRANTED, values)

    async def show(self, ticket: Ticket, *, replaces: str) -> bool:
        """Remember which account the question named."""
        return await self._move(ticket.id, GRANTED, GRANTED, {"replaces": replaces})

    async def drop(self, ticket: Ticket) -> bool:
        """End an asking; False where it was ended already."""
        return await self._database.write(lambda conn: take(conn, ticket.id))

    def has_expired(self, ticket: Ticket) -> bool:
        return ticket.expires_at <= self._clock.now()

    async def _find(self, which: sa.ColumnElement[bool]) -> Ticket | None:
        wanted = sa.select(oauth_tickets).where(which)
        row = await self._database.read(lambda conn: conn.execute(wanted).one_or_none())
        if row is None:
            return None
        return Ticket(
            id=row.id,
            shop_id=row.shop_id,
            provider=ProviderId(row.provider),
            staff=row.staff,
            step=row.step,
            nonce=row.nonce or "",
            secret=self._vault.open(row.secret),
            replaces=row.replaces,
            expires_at=row.expires_at,
        )

    async def _move(self, ticket_id: str, before: str, after: str, values: dict[str, Any]) -> bool:
        now = self._clock.now()
        mine = (oauth_tickets.c.id == ticket_id, oauth_tickets.c.step == before)
        moved = sa.update(oauth_tickets).where(*mine, oauth_tickets.c.expires_at > now)
        done = moved.values(step=after, **values)
        return await self._database.write(lambda conn: conn.execute(done).rowcount == 1)


def take(conn: sa.Connection, ticket_id: str) -> bool:
    """Use an asking up."""
    return conn.execute(sa.delete(oauth_tickets).where(oauth_tickets.c.id == ticket_id)).rowcount == 1


def hashed(text: str) -> str:
    """Return 32 hex digits; what is hashed here is as random as a key, so no secret is mixed in."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]
