"""Answers about variants: who may see which, and what Saleor says of their stock and price."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from saleor_stoq_app.sandbox.saleor import availability
from saleor_stoq_app.sandbox.saleor.asking import RESOLVERS, Asking, InChannel, Refusal, answers
from saleor_stoq_app.sandbox.saleor.ids import global_id, key_of
from saleor_stoq_app.sandbox.saleor.rows import Channel, Preorder, Variant, VariantListing

MAX_PAGE = 100


@dataclass(frozen=True, slots=True)
class Money:
    """An amount, as GraphQL shows it."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Page:
    """A slice of a connection; cursors are variant ids."""

    found: Sequence[Variant]
    start: int
    end: int
    channel: Channel | None

    @property
    def nodes(self) -> list[InChannel]:
        return [InChannel(variant, self.channel) for variant in self.found[self.start : self.end]]


RESOLVERS.update(
    {
        "ProductVariantCountableConnection.totalCount": lambda page, _: len(page.found),
        "ProductVariantCountableConnection.edges": lambda page, _: page.nodes,
        "ProductVariantCountableConnection.pageInfo": lambda page, _: page,
        "ProductVariantCountableEdge.node": lambda node, _: node,
        "ProductVariantCountableEdge.cursor": lambda node, _: node.row.id,
        "PageInfo.hasNextPage": lambda page, _: page.end < len(page.found),
        "PageInfo.hasPreviousPage": lambda page, _: page.start > 0,
        "PageInfo.startCursor": lambda page, _: page.nodes[0].row.id if page.nodes else None,
        "PageInfo.endCursor": lambda page, _: page.nodes[-1].row.id if page.nodes else None,
        "ProductVariant.channel": lambda node, _: node.channel and node.channel.slug,
        "ProductVariant.product": lambda node, _: InChannel(node.row.product, node.channel),
        "ProductVariant.metadata": lambda node, _: list(node.row.metadata.items()),
        "ProductVariant.metafield": lambda node, _, key: node.row.metadata.get(key),
        "ProductVariant.quantityAvailable": lambda node, asking: availability.quantity_available(
            asking.shop, node.row, node.channel
        ),
        "ProductVariant.stocks": lambda node, asking: availability.reachable(
            asking.shop, node.row, node.channel
        ),
        "ProductVariant.channelListings": lambda node, _: [
            node.row.listings[slug] for slug in sorted(node.row.listings)
        ],
        "ProductVariantChannelListing.id": lambda listing, _: global_id(
            "ProductVariantChannelListing", listing.key
        ),
        "ProductVariantChannelListing.price": lambda listing, _: _price(listing),
        "VariantPricingInfo.onSale": lambda _price, _: False,
        "VariantPricingInfo.price": lambda price, _: price,
        "VariantPricingInfo.priceUndiscounted": lambda price, _: price,
        "TaxedMoney.gross": lambda price, _: price,
        "TaxedMoney.net": lambda price, _: price,
        "TaxedMoney.tax": lambda price, _: Money(Decimal(0), price.currency),
        "Stock.id": lambda stock, _: global_id("Stock", stock.key),
        "Stock.productVariant": lambda stock, _: InChannel(stock.variant, None),
        "Stock.quantityReserved": lambda stock, asking: stock.reserved(asking.now),
        "Warehouse.id": lambda warehouse, _: global_id("Warehouse", warehouse.key),
    }
)


@answers("Query.productVariants")
def product_variants(
    _root: object,
    asking: Asking,
    ids: Sequence[str] | None = None,
    channel: str | None = None,
    first: int | None = None,
    after: str | None = None,
) -> Page:
    """Return a page in Saleor's order, which is not the order of `ids`; no ids at all means every variant."""
    place, limited = _place(asking, channel)
    found = [variant for variant in _named(asking, ids) if _in_lists(asking, variant, place, limited=limited)]
    found.sort(key=lambda variant: (variant.position, variant.sku))
    size = _page_size(first)
    cursors = [variant.id for variant in found]
    if after and after not in cursors:
        raise Refusal("Received cursor is invalid.")
    start = cursors.index(after) + 1 if after else 0
    return Page(found, start, min(start + size, len(found)), place)


@answers("Query.productVariant")
def product_variant(
    _root: object,
    asking: Asking,
    id: str | None = None,  # noqa: A002 - Saleor's name
    sku: str | None = None,
    channel: str | None = None,
) -> InChannel | None:
    """Null where the product has no listing in the channel; the variant's own is no matter to apps."""
    place, limited = _place(asking, channel)
    if not id and not sku:
        raise Refusal("At least one of arguments is required: 'id', 'sku', 'external_reference'.")
    candidates = _named(asking, [id]) if id else (v for v in asking.shop.variants.values() if v.sku == sku)
    return next(
        (InChannel(v, place) for v in candidates if _by_link(asking, v, place, limited=limited)), None
    )


@answers("ProductVariant.preorder")
def preorder(node: InChannel, asking: Asking) -> Preorder | None:
    variant: Variant = node.row
    return variant.preorder if variant.preordered(asking.now) else None


@answers("ProductVariant.pricing")
def pricing(node: InChannel, _asking: Asking) -> Money | None:
    if node.channel is None or node.channel.slug not in node.row.product.listings:
        return None
    listing = node.row.listings.get(node.channel.slug)
    return _price(listing) if listing else None


def _place(asking: Asking, slug: str | None) -> tuple[Channel | None, bool]:
    """Return the channel, and whether the answer is limited to it."""
    if slug is not None:
        return asking.shop.channels.get(slug), True
    if asking.may(availability.SEES_ALL_PRODUCTS):
        return None, False
    active = [channel for channel in asking.shop.channels.values() if channel.is_active]
    if len(active) > 1:
        raise Refusal("More than one channel exists. Specify which channel to use.")
    return (active[0] if active else None), False


def _named(asking: Asking, ids: Sequence[str] | None) -> Iterable[Variant]:
    if not ids:
        return asking.shop.variants.values()
    keys = dict.fromkeys(key_of(text, "ProductVariant") for text in ids)
    found = (asking.shop.variants.get(int(key)) for key in keys if key is not None)
    return [variant for variant in found if variant is not None]


def _in_lists(asking: Asking, variant: Variant, place: Channel | None, *, limited: bool) -> bool:
    if asking.may(availability.SEES_ALL_PRODUCTS):
        return availability.listed(variant, place, limited=limited)
    return availability.shown(variant, place, asking.now, in_lists=True)


def _by_link(asking: Asking, variant: Variant, place: Channel | None, *, limited: bool) -> bool:
    if asking.may(availability.SEES_ALL_PRODUCTS):
        return availability.listed(variant, place, limited=limited)
    return availability.shown(variant, place, asking.now, in_lists=False)


def _page_size(first: int | None) -> int:
    if first is None:
        raise Refusal(
            "You must provide a `first` or `last` value to properly paginate the "
            "`productVariants` connection."
        )
    if first > MAX_PAGE:
        raise Refusal(
            f"Requesting {first} records on the `productVariants` connection exceeds the `first` limit of "
            f"{MAX_PAGE} records."
        )
    return first


def _price(listing: VariantListing) -> Money | None:
    return None if listing.price is None else Money(listing.price, listing.channel.currency_code)
