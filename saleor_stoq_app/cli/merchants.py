"""`saleor-stoq shops`, `plan`, `connect` and `storefront`: what an operator decides for a merchant."""

import asyncio
import sys
from typing import Annotated

import typer
from pydantic import ValidationError

from saleor_stoq_app import config as configuration
from saleor_stoq_app.cli.installed import INSTALL, every_shop
from saleor_stoq_app.errors import InvalidInput, NotFound
from saleor_stoq_app.providers.base import ProviderId
from saleor_stoq_app.saleor.shops import Shop
from saleor_stoq_app.settings.models import Settings, Storefront
from saleor_stoq_app.settings.plans import Plan
from saleor_stoq_app.wiring import House, open_house

ShopUrl = Annotated[str, typer.Argument(help="The shop's API address, https://.../graphql/")]
Provider = Annotated[ProviderId, typer.Option(help="Through whom to send.")]


def shops() -> None:
    """List the shops, their public keys for storefronts, and where they stand."""
    asyncio.run(_list())


def connect(shop: ShopUrl, provider: Provider = ProviderId.KLAVIYO) -> None:
    """Connect a provider account with an API key; it is asked for, or read from a pipe."""
    asyncio.run(_connect(shop, provider))


def storefront(
    shop: ShopUrl,
    channel: Annotated[str, typer.Argument(help="The slug of the Saleor channel.")],
    origin: Annotated[list[str], typer.Option(help="https://shop.example; may be given several times.")],
    product_url: Annotated[str, typer.Option(help="https://shop.example/products/{slug}?variant={variant}")],
    shop_name: Annotated[str, typer.Option(help="The name that shoppers know.")] = "",
) -> None:
    """Say where a channel's shop window stands; links in messages lead there."""
    asyncio.run(_storefront(shop, channel, _window(origin, product_url), shop_name))


def plan(
    shop: ShopUrl,
    wanted: Annotated[Plan | None, typer.Argument(metavar="PLAN", help="free, lite, pro, unlimited")] = None,
) -> None:
    """Show a shop's plan, or set it; a larger one releases what waited for it."""
    asyncio.run(_plan(shop, wanted))


COMMANDS = (shops, plan, connect, storefront)


async def _list() -> None:
    async with open_house(configuration.load()) as house:
        listed = await every_shop(house)
        for shop in listed:
            print(f"{shop.saleor_api_url}  {shop.status}  {shop.public_key}")
        if not listed:
            print(f"No shop has installed the app. {INSTALL.format(house.config.app_base_url)}")


async def _plan(url: str, wanted: Plan | None) -> None:
    async with open_house(configuration.load()) as house:
        shop = await known(house, url)
        if wanted is not None:
            await house.accounts.change_plan(shop.id, wanted)
        print(f"{shop.saleor_api_url} is on the plan {(await house.plans.of(shop.id)).label}.")


async def _connect(url: str, provider: ProviderId) -> None:
    async with open_house(configuration.load()) as house:
        shop = await known(house, url)
        connection = await house.accounts.connect(shop.id, provider, _asked_key())
        print(f"Connected to {connection.account_name} ({connection.account_id}).")


def _asked_key() -> str:
    """Ask a person without showing the answer; from a pipe, take the first line."""
    if sys.stdin.isatty():
        return str(typer.prompt("API key", hide_input=True)).strip()
    if key := sys.stdin.readline().strip():
        return key
    raise InvalidInput("No API key came in.", fix="Type it when asked, or pipe it in.")


def _window(origins: list[str], product_url: str) -> Storefront:
    try:
        return Storefront(origins=tuple(origins), product_url=product_url)
    except ValidationError as error:
        said = [str(it["msg"]).removeprefix("Value error, ") for it in error.errors()]
        raise InvalidInput(f"The storefront cannot be kept: {'; '.join(said)}.") from None


async def _storefront(url: str, channel: str, window: Storefront, shop_name: str) -> None:
    def change(settings: Settings) -> Settings:
        storefronts = settings.storefronts | {channel: window}
        return settings.model_copy(
            update={"storefronts": storefronts, "shop_name": shop_name or settings.shop_name}
        )

    async with open_house(configuration.load()) as house:
        shop = await known(house, url)
        await house.accounts.change(shop.id, change)
        print(f"Links of {channel} lead to {window.product_url}")


async def known(house: House, url: str) -> Shop:
    shop = await house.shops.by_url(url)
    if shop is None:
        raise NotFound(f"{url} has not installed this app.", fix="`saleor-stoq shops` lists those that did.")
    return shop
