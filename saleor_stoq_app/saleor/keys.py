"""The keys of the shops in use: prepared once, and asked for anew seldom and by one caller at a time."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from saleor_stoq_app.clock import Clock
from saleor_stoq_app.config import Config
from saleor_stoq_app.errors import Unavailable
from saleor_stoq_app.http import Client
from saleor_stoq_app.saleor.jwks import fetch_jwks
from saleor_stoq_app.saleor.shops import Shop, Shops
from saleor_stoq_app.saleor.signature import KeySet, prepare

COOL_DOWN = timedelta(seconds=60)


class AskedAlready(Unavailable):
    """The keys were asked for a moment ago; `last` are those that came then, or None where none came."""

    def __init__(self, last: KeySet | None) -> None:
        super().__init__("The shop's keys were asked for a moment ago.", fix="Try again in a minute.")
        self.last = last


@dataclass(slots=True)
class _Fetch:
    started: datetime
    task: "asyncio.Task[KeySet]"

    def cooling(self, now: datetime) -> bool:
        return not self.task.done() or now - self.started < COOL_DOWN

    def last(self) -> KeySet | None:
        return None if self.task.exception() else self.task.result()


class KeyRing:
    """Holds every shop's keys, so that neither strangers nor a new key make us hammer a shop."""

    def __init__(self, shops: Shops, http: Client, config: Config, clock: Clock) -> None:
        self._shops = shops
        self._http = http
        self._config = config
        self._clock = clock
        self._held: dict[str, tuple[dict[str, Any], KeySet]] = {}
        self._fetches: dict[str, _Fetch] = {}

    def of(self, shop: Shop) -> KeySet:
        """Prepare a shop's keys once; parsing them costs more than using them."""
        held = self._held.get(shop.id)
        if held is not None and (held[0] is shop.jwks or held[0] == shop.jwks):
            return held[1]
        keys = prepare(shop.jwks)
        self._held[shop.id] = (shop.jwks, keys)
        return keys

    async def newer(self, shop: Shop) -> KeySet:
        """Fetch and keep the present key set, or share a fetch under way.

        Raises:
            AskedAlready: the last fetch is too young for another one.
            Unavailable: the shop gives no keys now.
        """
        fetch = self._fetches.get(shop.id)
        now = self._clock.now()
        if fetch is None or not fetch.cooling(now):
            fetch = _Fetch(now, asyncio.create_task(self._fetch(shop)))
            self._fetches[shop.id] = fetch
        elif fetch.task.done():
            raise AskedAlready(fetch.last())
        return await asyncio.shield(fetch.task)

    async def _fetch(self, shop: Shop) -> KeySet:
        jwks = await fetch_jwks(self._http, self._config, shop.saleor_api_url)
        if jwks != shop.jwks:
            await self._shops.save_jwks(shop.id, jwks)
        return prepare(jwks)
