"""Looks at variants: asks Saleor how they stand in a channel, a hundred at a time."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from saleor_stoq_app.clock import Clock
from saleor_stoq_app.errors import NotFound
from saleor_stoq_app.saleor.client import NotNow, Refused, SaleorClient, TokenRefused
from saleor_stoq_app.saleor.documents import document
from saleor_stoq_app.saleor.ids import parse_schema_version
from saleor_stoq_app.saleor.looks import ABSENT, Content, Facts, Look, is_variant_id, parse
from saleor_stoq_app.saleor.shops import Shop

__all__ = ["ABSENT", "Availability", "Content", "Facts", "Look"]

PAGE = 100
NATIVE_PREORDER = "preorder { endDate }"
QUERY = document("availability")
QUERY_WITHOUT_PREORDER = QUERY.replace(NATIVE_PREORDER, "")
WITHOUT_PREORDER = (3, 24)


class Availability:
    """Looks at variants, many at once."""

    def __init__(self, client: SaleorClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._upgraded: set[str] = set()

    async def look(
        self, shop: Shop, channel: str, variant_ids: Sequence[str], *, preorder_key: str
    ) -> dict[str, Look]:
        """Look at every asked variant.

        Raises:
            Unavailable: Saleor does not answer, or not in the agreed shape.
            TokenRefused: the token is dead or may not manage products.
            NotFound: the shop has no such channel.
        """
        looks = dict.fromkeys(variant_ids, Look(ABSENT, None))
        askable = [id_ for id_ in looks if is_variant_id(id_)]
        for start in range(0, len(askable), PAGE):
            asked = {"ids": askable[start : start + PAGE], "channel": channel, "preorderKey": preorder_key}
            data = await self._ask(shop, asked)
            try:
                looks |= read(data, channel, self._clock.now())
            except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
                raise NotNow("Saleor's answer about stock is not in the agreed shape.") from error
        return {id_: looks[id_] for id_ in variant_ids}

    async def _ask(self, shop: Shop, asked: dict[str, Any]) -> dict[str, Any]:
        """Ask for native preorder too where there is any; an upgrade takes it away (saleor.md section 8)."""
        if shop.id in self._upgraded or parse_schema_version(shop.schema_version) >= WITHOUT_PREORDER:
            return await self._client.ask(shop, QUERY_WITHOUT_PREORDER, asked)
        try:
            return await self._client.ask(shop, QUERY, asked)
        except Refused:
            data = await self._client.ask(shop, QUERY_WITHOUT_PREORDER, asked)
            self._upgraded.add(shop.id)
            return data


def read(data: Mapping[str, Any], channel: str, now: datetime) -> dict[str, Look]:
    """Turn an answer into looks, by variant id; what Saleor left out is missing here too."""
    if not any(held["code"] == "MANAGE_PRODUCTS" for held in data["app"]["permissions"]):
        raise TokenRefused(
            "The app may not manage products.", fix="Grant the app MANAGE_PRODUCTS in the Dashboard."
        )
    if data["channel"] is None:
        raise NotFound(f"The shop has no channel {channel!r}.", code="UNKNOWN_CHANNEL")
    if not data["channel"]["isActive"]:
        return {}
    nodes = [edge["node"] for edge in data["productVariants"]["edges"]]
    return {node["id"]: parse(node, channel, now) for node in nodes}
