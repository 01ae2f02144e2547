"""`saleor-stoq set-up` and `verify`: make metrics show in Klaviyo, and find the flows on them."""

import asyncio
from typing import Annotated

import typer

from saleor_stoq_app import config as configuration
from saleor_stoq_app.cli.merchants import ShopUrl, known
from saleor_stoq_app.events import AlertType
from saleor_stoq_app.providers.base import ProviderId, SetupMethod
from saleor_stoq_app.setup.diagnosis import Diagnosis
from saleor_stoq_app.setup.store import Place
from saleor_stoq_app.wiring import House, open_house

ALERT = "alert"


def set_up(
    shop: ShopUrl,
    contact: Annotated[str, typer.Option(help="Your own e-mail or phone; its profile gets the first event.")],
    automatic: Annotated[bool, typer.Option(help="Also make and activate the flows.")] = False,  # noqa: FBT002 - a flag of the command line
) -> None:
    """Make the metrics of back-in-stock texts show in Klaviyo's flow editor; texts nobody."""
    asyncio.run(_set_up(shop, contact, SetupMethod.AUTOMATIC if automatic else SetupMethod.MANUAL))


def verify(
    shop: ShopUrl,
    flow: Annotated[str, typer.Option(help="The flow's name in Klaviyo, with its capitals and spaces.")],
) -> None:
    """Find the flow that texts back-in-stock alerts, and say what is wrong with it."""
    asyncio.run(_verify(shop, flow))


COMMANDS = (set_up, verify)


async def _set_up(url: str, contact: str, method: SetupMethod) -> None:
    async with open_house(configuration.load()) as house:
        place = await _place(house, url)
        await house.desk.starting.begin(place, method, contact)
        print("The set-up has begun; a running `saleor-stoq serve` or `worker` goes on with it.")


async def _verify(url: str, flow: str) -> None:
    async with open_house(configuration.load()) as house:
        found = await house.desk.verification.verify(await _place(house, url), ALERT, flow)
        print(_said(found))


def _said(found: Diagnosis) -> str:
    lines = [f"{problem.cause} {problem.fix}" for problem in found.problems]
    lines += [f"There is a flow “{flow.name}”." for flow in found.near]
    return "\n".join([*lines, "The flow is verified: alerts go out." if found.verified else "Alerts wait."])


async def _place(house: House, url: str) -> Place:
    return Place((await known(house, url)).id, AlertType.BACK_IN_STOCK, ProviderId.KLAVIYO)
