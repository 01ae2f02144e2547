"""How changes tell the shop what happened."""

from collections.abc import Callable, Sequence

from saleor_stoq_app.sandbox.saleor.events import Event
from saleor_stoq_app.sandbox.saleor.rows import Stock
from saleor_stoq_app.sandbox.saleor.shop import Shop
from saleor_stoq_app.sandbox.saleor.stock_rules import in_channels

Fire = Callable[[Event], None]


class Telling:
    """Fires events; those in channels only where the shop works by channels."""

    def __init__(self, shop: Shop, fire: Fire) -> None:
        self._shop = shop
        self._fire = fire

    def tell(self, *events: Event) -> None:
        for event in events:
            self._fire(event)

    def tell_channels(self, name: str, stocks: Sequence[Stock]) -> None:
        if self._shop.stock_mode == "new":
            self.tell(*in_channels(name, stocks, self._shop.channels.values()))
