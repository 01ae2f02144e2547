"""What a delivery says, read without trust: the body, which variants it hints at, whom it is for."""

from typing import Any

import orjson

from saleor_stoq_app.errors import InvalidInput
from saleor_stoq_app.saleor.ids import is_saleor_id

VARIANT_EVENTS = frozenset(
    {
        "product_variant_back_in_stock",
        "product_variant_out_of_stock",
        "product_variant_stock_updated",
        "product_variant_updated",
        "product_variant_back_in_stock_in_channel",
        "product_variant_out_of_stock_in_channel",
        "product_variant_back_in_stock_for_click_and_collect",
        "product_variant_out_of_stock_for_click_and_collect",
    }
)
ORDER_EVENTS = frozenset({"order_cancelled", "order_expired"})


def parse_delivery(raw: bytes) -> dict[str, Any]:
    """Return the content of `event`, also where a filterable subscription wrapped it in `data`.

    Raises:
        InvalidInput: the body is not a JSON object.
    """
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise InvalidInput("The body is not JSON.", field="body") from error
    if not isinstance(body, dict):
        raise InvalidInput("The body is not a JSON object.", field="body")
    return _unwrapped(body)


def variant_ids(event: str, body: dict[str, Any]) -> tuple[str, ...]:
    """Return the variants to look at again; an event that names none gives none.

    A cancelled or expired order hints at every line, because the stock events of a cancel may name the
    last line only (saleor.md section 6.3).
    """
    if event in VARIANT_EVENTS:
        found = [_within(body, "productVariant", "id")]
    elif event in ORDER_EVENTS:
        found = [_within(line, "variant", "id") for line in _list(_within(body, "order", "lines"))]
    else:
        found = []
    return tuple(dict.fromkeys(filter(is_saleor_id, found)))


def recipient(body: dict[str, Any]) -> str | None:
    """Return the id of the app installation that the delivery is for, where it says so."""
    found = _within(body, "recipient", "id")
    return found if is_saleor_id(found) else None


def _unwrapped(body: dict[str, Any]) -> dict[str, Any]:
    """Open `{"data": {"orderCreated": {...}}}` (saleor.md section 5.3); other bodies are flat."""
    data = body.get("data")
    if "__typename" in body or not isinstance(data, dict):
        return body
    inner = next(iter(data.values()), None) if len(data) == 1 else None
    return inner if isinstance(inner, dict) else data


def _within(value: Any, *names: str) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
