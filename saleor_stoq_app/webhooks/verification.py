"""Proves that a delivery was signed by the shop that it names."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from saleor_stoq_app.clock import Clock
from saleor_stoq_app.config import Config
from saleor_stoq_app.errors import Unauthenticated, Unavailable
from saleor_stoq_app.http import Client
from saleor_stoq_app.saleor.jwks import fetch_jwks
from saleor_stoq_app.saleor.shops import Shop, Shops
from saleor_stoq_app.saleor.signature import KeySet, UnknownKey, prepare, verify

COOL_DOWN = timedelta(seconds=60)


@dataclass(slots=True)
class _Fetch:
    started: datetime
    task: "asyncio.Task[KeySet]"

    def cooling(self, now: datetime) -> bool:
        return not self.task.done() or now - self.started < COOL_DOWN


class Verifier:
    """Finds the shop of a delivery and checks the signature; asks for newer keys seldom and once."""

    def __init__(self, shops: Shops, http: Client, config: Config, clock: Clock) -> None:
        self._shops = shops
        self._http = http
        self._config = config
        self._clock = clock
        self._keys: dict[str, tuple[dict[str, Any], KeySet]] = {}
        self._fetches: dict[str, _Fetch] = {}

    async def shop_of(self, url: str, signature: str, raw: bytes) -> Shop:
        """Return the shop that signed these bytes.

        Raises:
            Unauthenticated: no shop of ours did.
            Unavailable: its present keys cannot be had now.
        """
        shop = await self._shops.by_url(url)
        if shop is None:
            raise Unauthenticated("No such shop.")
        try:
            verify(raw, signature, self._keys_of(shop))
        except Unauthenticated as error:
            verify(raw, signature, await self._newer_keys(shop, error))
        return shop

    def _keys_of(self, shop: Shop) -> KeySet:
        """Prepare a shop's keys once; parsing them costs more than using them."""
        held = self._keys.get(shop.id)
        if held is not None and (held[0] is shop.jwks or held[0] == shop.jwks):
            return held[1]
        keys = prepare(shop.jwks)
        self._keys[shop.id] = (shop.jwks, keys)
        return keys

    async def _newer_keys(self, shop: Shop, error: Unauthenticated) -> KeySet:
        """Fetch the key set, share a fetch under way, or within the cool-down go by the last one."""
        fetch = self._fetches.get(shop.id)
        now = self._clock.now()
        if fetch is None or not fetch.cooling(now):
            fetch = _Fetch(now, asyncio.create_task(self._fetch(shop)))
            self._fetches[shop.id] = fetch
        elif fetch.task.done():
            _within_cool_down(fetch.task, error)
        return await asyncio.shield(fetch.task)

    async def _fetch(self, shop: Shop) -> KeySet:
        jwks = await fetch_jwks(self._http, self._config, shop.saleor_api_url)
        if jwks != shop.jwks:
            await self._shops.save_jwks(shop.id, jwks)
        return prepare(jwks)


def _within_cool_down(last: "asyncio.Task[KeySet]", error: Unauthenticated) -> None:
    """Refuse without asking again.

    A key that the last key set did not hold may be one that came since: Saleor repeats what gets
    503, and never what gets 401 (saleor.md sections 5.2 and 5.5). A known key with a wrong
    signature stays wrong.
    """
    if isinstance(error, UnknownKey) or last.exception() is not None:
        raise Unavailable("The shop's keys were asked for a moment ago.", fix="Deliver again later.")
    raise error
