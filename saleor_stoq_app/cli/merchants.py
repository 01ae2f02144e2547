"""`stoq shops`, `stoq connect` and `stoq storefront`: what a merchant decides, by hand of an operator."""

import asyncio
from typing import Annotated

import typer

from saleor_stoq_app import config as configuration
from saleor_stoq_app.errors import NotFound
from saleor_stoq_app.providers.base import ProviderId
from saleor_stoq_app.saleor.shops import Shop
from saleor_stoq_app.settings.models import Settings, Storefront
from saleor_stoq_app.wiring import House, open_house

ShopUrl = Annotated[str, typer.Argument(help="The shop's API address, https://.../graphql/")]
Provider = Annotated[ProviderId, typer.Option(help="Through whom to send.")]


def shops() -> None:
    """List the shops, their public keys for storefronts, and where they stand."""
    asyncio.run(_list())


def connect(shop: ShopUrl, provider: Provider = ProviderId.KLAVIYO) -> None:
    """Connect a provider account with an API key, asked for or read from standard input."""
    key = typer.prompt("API key", hide_input=True)
    asyncio.run(_connect(shop, provider, key.strip()))


def storefront(
    shop: ShopUrl,
    channel: Annotated[str, typer.Argument(help="The slug of the Saleor channel.")],
    origin: Annotated[list[str], typer.Option(help="https://shop.example; may be given several times.")],
    product_url: Annotated[str, typer.Option(help="https://shop.example/products/{slug}?variant={variant}")],
    shop_name: Annotated[str, typer.Option(help="The name that shoppers know.")] = "",
) -> None:
    """Say where a channel's shop window stands; links in messages lead there."""
    asyncio.run(
        _storefront(shop, channel, Storefront(origins=tuple(origin), product_url=product_url), shop_name)
    )


COMMANDS = (shops, connect, storefront)


async def _list() -> None:
    async with open_house(configuration.load()) as house:
        for shop in await house.shops.active():
            print(f"{shop.saleor_api_url}  {shop.status}  {shop.public_key}")


async def _connect(url: str, provider: ProviderId, key: str) -> None:
    async with open_house(configuration.load()) as house:
        shop = await _known(house, url)
        connection = await house.accounts.connect(shop.id, provider, key)
        print(f"Connected to {connection.account_name} ({connection.account_id}).")


async def _storefront(url: str, channel: str, window: Storefront, shop_name: str) -> None:
    def change(settings: Settings) -> Settings:
        storefronts = settings.storefronts | {channel: window}
        return settings.model_copy(
            update={"storefronts": storefronts, "shop_name": shop_name or settings.shop_name}
        )

    async with open_house(configuration.load()) as house:
        shop = await _known(house, url)
        await house.accounts.change(shop.id, change)
        print(f"Links of {channel} lead to {window.product_url}")


async def _known(house: House, url: str) -> Shop:
    shop = await house.shops.by_url(url)
    if shop is None:
        raise NotFound(f"{url} has not installed this app.", fix="`stoq shops` lists those that did.")
    return shop
