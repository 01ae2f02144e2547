"""`saleor-stoq doctor`: what is wrong with an installation, and what to do about each thing."""

import asyncio
import sys
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from redis.exceptions import RedisError

from saleor_stoq_app import config as configuration
from saleor_stoq_app.cli.installed import INSTALL, every_shop
from saleor_stoq_app.config import Config
from saleor_stoq_app.errors import Misconfigured, StoqError
from saleor_stoq_app.events import AlertType, Medium
from saleor_stoq_app.saleor.shops import Shop, ShopStatus
from saleor_stoq_app.wiring import House, open_house

CLOCK_SECONDS = 60
LOOPBACK = ("localhost", "127.", "::1")

Finding = tuple[bool, str]


def doctor() -> None:
    """Check an installation and say what to mend; webhooks that are wrong in a shop are mended at once."""
    found = asyncio.run(examine(configuration.load()))
    for well, said in found:
        print(f"{'✓' if well else '✗'} {said}")
    if not all(well for well, _ in found):
        sys.exit("saleor-stoq: Mend what is marked with ✗, then run this again.")


COMMANDS = (doctor,)


async def examine(config: Config) -> list[Finding]:
    """Say of each thing whether it is as it should be, and what to do where it is not."""
    found = [_address(config), _allowed(config)]
    try:
        async with open_house(config) as house:
            found.append((True, f"Database: {'SQLite, one process' if config.embedded else 'PostgreSQL'}"))
            found.append(await _redis(house))
            found += await _shops(house)
            found.append((True, "Keys: they open what this database holds"))
    except (Misconfigured, StoqError) as error:
        found.append((False, _sentence(error)))
    return found


def _address(config: Config) -> Finding:
    """Saleor calls no private address by default (saleor.md section 13), and tokens need https."""
    said = f"Reachable for Saleor at: {config.app_base_url}"
    address = urlsplit(config.app_base_url)
    public = address.scheme == "https" and not (address.hostname or "").startswith(LOOPBACK)
    if public or config.allow_private_networks:
        return True, said
    return False, f"{said}. Set STOQ_APP_BASE_URL to the https address that Saleor can reach."


def _allowed(config: Config) -> Finding:
    if config.allowed_saleor_urls:
        return True, f"May install: {', '.join(config.allowed_saleor_urls)}"
    return False, "No shop may install: set STOQ_ALLOWED_SALEOR_URLS to the shops' API addresses."


async def _redis(house: House) -> Finding:
    try:
        await house.redis.ping()
    except RedisError as error:
        return False, f"Redis does not answer ({type(error).__name__}): start it, or mend STOQ_REDIS_URL."
    return True, f"Redis: {'shared' if house.config.redis_url else 'embedded, one process'}"


async def _shops(house: House) -> list[Finding]:
    found: list[Finding] = []
    for shop in await every_shop(house):
        found += [(well, f"{shop.saleor_api_url}: {said}") for well, said in await _shop(house, shop)]
    return found or [(False, f"No shop has installed the app. {INSTALL.format(house.config.app_base_url)}")]


async def _shop(house: House, shop: Shop) -> list[Finding]:
    """A shop that does not answer is a finding, not an error."""
    if shop.status is ShopStatus.UNINSTALLED:
        return [(True, "has removed the app; what it left is kept")]
    try:
        return [await _clock(house, shop), await _webhooks(house, shop), *await _choices(house, shop)]
    except StoqError as error:
        return [(False, _sentence(error))]


async def _clock(house: House, shop: Shop) -> Finding:
    """Compare with the `Date` that the shop's server writes into every answer."""
    url = house.config.saleor_internal_urls.get(shop.saleor_api_url, shop.saleor_api_url)
    said = (await house.network.shops.request("GET", url)).headers.get("date", "")
    off = seconds_off(said, house.clock.now())
    if off <= CLOCK_SECONDS:
        return True, "the clocks agree"
    return False, f"its clock and ours are {off:.0f} seconds apart: synchronise this machine's clock (NTP)"


def seconds_off(date: str, now: datetime) -> float:
    """Return how far a `Date` header is from our clock; 0 where none can be read."""
    try:
        return abs((parsedate_to_datetime(date) - now).total_seconds())
    except (TypeError, ValueError):
        return 0.0


async def _webhooks(house: House, shop: Shop) -> Finding:
    """The question proves the token, too."""
    done = await house.reconciler.reconcile(shop)
    mended = [*done.created, *done.updated, *done.deleted]
    return True, f"webhooks mended: {', '.join(mended)}" if mended else "webhooks as wanted"


async def _choices(house: House, shop: Shop) -> list[Finding]:
    chosen = await house.choices.of(shop.id)
    connection = await house.connections.of(shop.id, chosen.sender(AlertType.BACK_IN_STOCK, Medium.SMS))
    if connection is None:
        sending = (False, f"not connected: run `saleor-stoq connect {shop.saleor_api_url}`")
    elif connection.problem:
        sending = (False, f"{connection.problem} Then run `saleor-stoq connect {shop.saleor_api_url}` again.")
    else:
        sending = (True, f"sends through {connection.account_name}")
    if chosen.storefronts:
        return [sending, (True, f"storefronts of {', '.join(sorted(chosen.storefronts))}")]
    return [
        sending,
        (False, f"no storefront: run `saleor-stoq storefront {shop.saleor_api_url} CHANNEL ...`"),
    ]


def _sentence(error: Misconfigured | StoqError) -> str:
    return f"{error.message} {error.fix}".rstrip() if isinstance(error, StoqError) else str(error)
