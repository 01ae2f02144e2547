"""Asking a merchant for an account by OAuth: the way to the provider's page, back, and to the question."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from saleor_stoq_app.config import Config
from saleor_stoq_app.database.engine import Database
from saleor_stoq_app.errors import ProviderError, StoqError
from saleor_stoq_app.log import get
from saleor_stoq_app.providers.base import Account, Connection, Grant, ProviderId, ProviderSpec
from saleor_stoq_app.providers.registry import PROVIDERS
from saleor_stoq_app.saleor.ids import domain_of
from saleor_stoq_app.saleor.shops import Shops, ShopStatus
from saleor_stoq_app.settings.connections import Connections
from saleor_stoq_app.settings.grants import Grants, read_grant, write_grant
from saleor_stoq_app.settings.keeping import is_granted
from saleor_stoq_app.settings.plans import Plans
from saleor_stoq_app.settings.tickets import ASKED, GRANTED, Ticket, Tickets

AGAIN = "Return to the panel in the Saleor Dashboard and press Connect again."

log = get(__name__)


class Stopped(StoqError):
    """The asking ends here and nothing was stored; the page says why."""

    code = "STOPPED"


@dataclass(frozen=True, slots=True)
class Begun:
    """Where to send the browser, and the nonce that it must bring back as a cookie."""

    url: str = field(repr=False)
    nonce: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Granted:
    """What a merchant allowed, until they say that it may be stored."""

    ticket_id: str
    shop_id: str
    provider: ProviderId
    staff: str
    grant: Grant
    account: Account
    replaces: str


@dataclass(frozen=True, slots=True)
class Question:
    """Whether to connect account X to shop Y, with what else the merchant should know before saying yes."""

    ticket_id: str
    label: str
    shop: str
    account: Account
    replaced: Connection | None
    costs: Mapping[str, str]


class Authorizing:
    """Leads one browser through the asking; whatever does not fit ends it."""

    def __init__(
        self,
        *,
        config: Config,
        database: Database,
        shops: Shops,
        plans: Plans,
        connections: Connections,
        tickets: Tickets,
        grants: Grants,
        providers: Mapping[ProviderId, ProviderSpec] = PROVIDERS,
    ) -> None:
        self._config = config
        self._database = database
        self._shops = shops
        self._plans = plans
        self._connections = connections
        self._tickets = tickets
        self._grants = grants
        self._providers = providers

    async def begin(self, provider: ProviderId, text: str) -> Begun:
        """Use up a ticket and say where to go.

        Raises:
            Stopped: the ticket is unknown, used or too old, or the provider cannot be asked.
            PlanTooSmall: the shop's plan does not include the provider.
        """
        ticket = await self._tickets.by_ticket(text)
        if ticket is None or ticket.provider != provider:
            raise Stopped("This link is not one of ours, or was used up.", fix=AGAIN, code="TICKET_UNKNOWN")
        await self._check(ticket)
        client = self._grants.client(provider)
        if client.unavailable:
            raise Stopped(client.unavailable, code="NOT_REGISTERED")
        state, nonce, verifier = (secrets.token_urlsafe(size) for size in (32, 32, 64))
        if not await self._tickets.ask(ticket, state=state, nonce=nonce, verifier=verifier):
            raise Stopped("This link was used already.", fix=AGAIN, code="TICKET_USED")
        url = client.authorize_url(redirect_uri=self._back(provider), state=state, verifier=verifier)
        return Begun(url, nonce)

    async def come_back(
        self, provider: ProviderId, nonce: str, *, state: str, code: str, error: str
    ) -> Question:
        """Take what the provider sent the browser back with.

        Raises:
            Stopped: denied, or the state is unknown, used, too old or another browser's.
            PlanTooSmall: the shop's plan does not include the provider any more.
        """
        ticket = await self._tickets.by_state(state)
        if ticket is None or ticket.provider != provider:
            raise Stopped("This answer was used already, or is too old.", fix=AGAIN, code="STATE_UNKNOWN")
        _check_browser(ticket, nonce)
        await self._check(ticket)
        if ticket.step == GRANTED:  # the page was loaded again
            return await self._question(ticket)
        if error or not code:
            await self._tickets.drop(ticket)
            raise _denied(self._providers[provider].label, error)
        if ticket.step != ASKED or not await self._tickets.exchange(ticket):
            raise Stopped("This answer was used already.", fix=AGAIN, code="STATE_USED")
        await self._exchange(ticket, code)
        return await self.ask(ticket.id, nonce)

    async def ask(self, ticket_id: str, nonce: str) -> Question:
        """Ask once more, with what is connected now.

        Raises:
            Stopped: there is nothing to answer in this browser.
        """
        return await self._question(await self._open(ticket_id, nonce))

    async def granted(self, ticket_id: str, nonce: str) -> Granted:
        """Return what waits for an answer in this browser.

        Raises:
            Stopped: there is nothing, or it waited for too long.
        """
        ticket = await self._open(ticket_id, nonce)
        grant, account = _read(ticket.secret)
        return Granted(
            ticket.id, ticket.shop_id, ticket.provider, ticket.staff, grant, account, ticket.replaces
        )

    async def decline(self, granted: Granted, nonce: str) -> None:
        """Store nothing and give the grant back, unless somebody sends through this account.

        Raises:
            Stopped: it was answered already.
        """
        ticket = await self._open(granted.ticket_id, nonce)
        if not await self._tickets.drop(ticket):
            raise _answered()
        provider, account_id = granted.provider, granted.account.id
        if await self._database.read(lambda conn: is_granted(conn, provider, account_id)):
            return
        try:
            await self._grants.client(provider).revoke(granted.grant)
        except ProviderError as failed:  # it dies by itself, unused
            log.warning("grant.not_given_back", shop=granted.shop_id, error=failed.code)

    async def _exchange(self, ticket: Ticket, code: str) -> None:
        client = self._grants.client(ticket.provider)
        try:
            grant = await client.exchange(
                code, verifier=ticket.secret, redirect_uri=self._back(ticket.provider)
            )
            account = await client.account(grant)
        except ProviderError as failed:
            await self._tickets.drop(ticket)
            raise Stopped(failed.message, fix=AGAIN, code="NOT_EXCHANGED") from failed
        before = await self._connections.of(ticket.shop_id, ticket.provider)
        await self._tickets.grant(
            ticket, _write(grant, account), replaces=before.account_id if before else ""
        )

    async def _question(self, ticket: Ticket) -> Question:
        """Write the question down as it is asked, so that the answer is to this one and no other."""
        spec = self._providers[ticket.provider]
        _grant, account = _read(ticket.secret)
        before = await self._connections.of(ticket.shop_id, ticket.provider)
        if not await self._tickets.show(ticket, replaces=before.account_id if before else ""):
            raise _answered()
        shop = await self._shops.by_id(ticket.shop_id)
        return Question(
            ticket_id=ticket.id,
            label=spec.label,
            shop=domain_of(shop.saleor_api_url) if shop else "",
            account=account,
            replaced=before,
            costs=spec.costs_of(account),
        )

    async def _open(self, ticket_id: str, nonce: str) -> Ticket:
        ticket = await self._tickets.by_id(ticket_id)
        if ticket is None or ticket.step != GRANTED:
            raise _answered()
        _check_browser(ticket, nonce)
        await self._check(ticket)
        return ticket

    async def _check(self, ticket: Ticket) -> None:
        """Refuse what is too old, and what the shop may not do any more."""
        if self._tickets.has_expired(ticket):
            raise Stopped("This took too long, so it is not good any more.", fix=AGAIN, code="EXPIRED")
        shop = await self._shops.by_id(ticket.shop_id)
        if shop is None or shop.status is ShopStatus.UNINSTALLED:
            raise Stopped("The app is not installed in this shop any more.", code="NOT_INSTALLED")
        await self._plans.require(ticket.shop_id, self._providers[ticket.provider])

    def _back(self, provider: ProviderId) -> str:
        return f"{self._config.app_base_url}/oauth/{provider}/callback"


def _check_browser(ticket: Ticket, nonce: str) -> None:
    if not ticket.is_of(nonce):
        raise Stopped("This was begun in another browser or another tab.", fix=AGAIN, code="OTHER_BROWSER")


def _denied(label: str, error: str) -> Stopped:
    if error == "access_denied":
        return Stopped(f"You did not allow this at {label}.", fix=AGAIN, code="DENIED")
    return Stopped(f"{label} refused the authorization.", fix=AGAIN, code="REFUSED")


def _answered() -> Stopped:
    return Stopped("This question is no longer open.", fix=AGAIN, code="ANSWERED")


def _write(grant: Grant, account: Account) -> str:
    told = {
        "grant": write_grant(grant),
        "id": account.id,
        "name": account.name,
        "scopes": sorted(grant.scopes),
    }
    return orjson.dumps(told).decode()


def _read(secret: str) -> tuple[Grant, Account]:
    told = orjson.loads(secret)
    scopes = frozenset(told["scopes"])
    return read_grant(told["grant"], scopes), Account(told["id"], told["name"], scopes)
