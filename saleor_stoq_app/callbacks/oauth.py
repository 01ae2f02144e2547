"""`/oauth/<provider>/...`: where a merchant's browser goes to a provider's page and comes back from it."""

from collections.abc import Awaitable, Callable
from functools import partial
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from saleor_stoq_app.alerts.accounts import Accounts
from saleor_stoq_app.callbacks import pages
from saleor_stoq_app.config import Config
from saleor_stoq_app.errors import InvalidInput, StoqError, Unavailable
from saleor_stoq_app.log import get
from saleor_stoq_app.providers.base import ProviderId, ProviderSpec
from saleor_stoq_app.providers.registry import PROVIDERS
from saleor_stoq_app.saleor.ids import origin_of
from saleor_stoq_app.settings.authorizing import Authorizing
from saleor_stoq_app.settings.connections import AccountChanged

COOKIE_SECONDS = 1800
LARGEST_FORM = 4096
LONGEST = 2048

log = get(__name__)

Answer = Callable[[ProviderSpec, Request], Awaitable[Response]]


def routes(config: Config, authorizing: Authorizing, accounts: Accounts) -> list[BaseRoute]:
    """Return the routes of every provider that has OAuth."""
    desk = Desk(config, authorizing, accounts)
    ways: tuple[tuple[str, str, Answer], ...] = (
        ("start", "GET", desk.start),
        ("callback", "GET", desk.callback),
        ("confirm", "POST", desk.confirm),
    )
    return [
        _route(_path(spec.id, step), method, partial(answer, spec))
        for spec in PROVIDERS.values()
        if spec.oauth is not None
        for step, method, answer in ways
    ]


class Desk:
    """Shows a page for whatever comes; a provider's tokens never leave the house."""

    def __init__(self, config: Config, authorizing: Authorizing, accounts: Accounts) -> None:
        self._origin = origin_of(config.app_base_url)
        self._is_secure = config.app_base_url.startswith("https://")
        self._cookie = "__Host-stoq-oauth" if self._is_secure else "stoq-oauth"
        self._base_path = config.app_base_url.removeprefix(self._origin)
        self._authorizing = authorizing
        self._accounts = accounts

    async def start(self, spec: ProviderSpec, request: Request) -> Response:
        """Go to the provider's page, with a cookie by which this browser is known again."""
        ticket = _word(request, "ticket")
        if not ticket:
            return pages.begin_in_dashboard(spec.label)
        begun = await self._authorizing.begin(spec.id, ticket)
        response = RedirectResponse(begun.url, 303, pages.HEADERS)
        response.set_cookie(
            self._cookie,
            begun.nonce,
            max_age=COOKIE_SECONDS,
            path="/",
            secure=self._is_secure,
            httponly=True,
            samesite="lax",
        )
        return response

    async def callback(self, spec: ProviderSpec, request: Request) -> Response:
        """Take the provider's answer and ask the merchant whether it is meant for this shop."""
        state = _word(request, "state")
        if not state:
            return pages.begin_in_dashboard(spec.label)
        asked = await self._authorizing.come_back(
            spec.id,
            self._nonce(request),
            state=state,
            code=_word(request, "code"),
            error=_word(request, "error"),
        )
        return pages.question(asked, self._base_path + _path(spec.id, "confirm"))

    async def confirm(self, spec: ProviderSpec, request: Request) -> Response:
        """Store what was granted, or forget it, as the merchant answers."""
        if request.headers.get("origin") != self._origin:
            raise InvalidInput("This answer did not come from our own page.", code="FOREIGN_FORM")
        form, nonce = _form(await request.body()), self._nonce(request)
        granted = await self._authorizing.granted(form.get("asked", ""), nonce)
        if form.get("answer") != "connect":
            await self._authorizing.decline(granted, nonce)
            return self._done(pages.cancelled(spec.label))
        try:
            connection = await self._accounts.adopt(granted)
        except AccountChanged:
            asked = await self._authorizing.ask(granted.ticket_id, nonce)
            return pages.question(asked, self._base_path + _path(spec.id, "confirm"))
        return self._done(pages.connected(spec.label, connection.account_name))

    def _nonce(self, request: Request) -> str:
        return request.cookies.get(self._cookie, "")

    def _done(self, response: Response) -> Response:
        response.delete_cookie(self._cookie, path="/", secure=self._is_secure, httponly=True, samesite="lax")
        return response


def _path(provider: ProviderId, step: str) -> str:
    return f"/oauth/{provider}/{step}"


def _route(path: str, method: str, answer: Callable[[Request], Awaitable[Response]]) -> Route:
    async def endpoint(request: Request) -> Response:
        if request.method != method:  # Starlette lets HEAD through, which would use a ticket up
            return pages.stopped("This address is not to be called like this.", "", status=405)
        try:
            return await answer(request)
        except ClientDisconnect:
            return Response(status_code=400)
        except Unavailable as error:
            return pages.stopped(error.message, error.fix or "Try again shortly.", status=503)
        except StoqError as error:
            log.info("oauth.stopped", code=error.code)
            return pages.stopped(error.message, error.fix)

    return Route(path, endpoint, methods=[method], max_body_size=LARGEST_FORM)


def _word(request: Request, name: str) -> str:
    """Return a parameter that is there once and of a sensible length."""
    values = request.query_params.getlist(name)
    return values[0] if len(values) == 1 and len(values[0]) <= LONGEST else ""


def _form(body: bytes) -> dict[str, str]:
    """Read our own form; a browser sends it url-encoded."""
    return dict(parse_qsl(body.decode(errors="replace")))
