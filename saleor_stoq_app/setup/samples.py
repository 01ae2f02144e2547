"""What each template variable means, with a sample: for the panel, seeds and test events (R56 to R79)."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable as a merchant copies it."""

    name: str
    description: str
    sample: str

    @property
    def syntax(self) -> str:
        return f"{{{{ event.{self.name} }}}}"


_MEANINGS = (
    ("product_title", "Product name", "Floral Shirt"),
    ("title_incl_variant", "Product name including variant", "Floral Shirt - Medium"),
    ("variant_title", "Variant name only", "Medium"),
    ("vendor", "Product vendor", "Acme Mills"),
    ("purchase_link", "Direct link to the product", "https://shop.example/products/floral-shirt"),
    ("price", "Product price", "$19.90"),
    ("image_url", "Product image URL", "https://shop.example/floral-shirt.png"),
    ("shop_name", "Store name", "Acme"),
    ("shop_domain", "Store domain", "shop.example"),
    ("customer_name", "Customer name", "Sarah"),
    ("customer_phone", "Customer phone number", "+14155550100"),
    ("customer_country_name", "Customer country", "United States"),
    ("first_product", "Name of the first preorder product", "Floral Shirt"),
    ("products", "Comma-separated list of all preorder products", "Floral Shirt, Denim Jacket"),
    ("products_count", "Total number of preorder products", "2"),
    ("other_count", "Number of additional products beyond the first", "1"),
    ("shipping_timeline", "Estimated shipping timeline", "2 to 3 weeks"),
    ("order_name", "Order name", "#1001"),
    ("order_number", "Order number", "1001"),
)
VARIABLES = {name: Variable(name, description, sample) for name, description, sample in _MEANINGS}


def described(names: Iterable[str]) -> tuple[Variable, ...]:
    return tuple(VARIABLES[name] for name in names)


def samples(names: Iterable[str]) -> dict[str, str]:
    return {name: VARIABLES[name].sample for name in names}
