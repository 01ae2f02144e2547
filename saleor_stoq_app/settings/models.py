"""A shop's settings: one typed document, stored with a version."""

from pydantic import BaseModel, ConfigDict, Field, field_validator

from saleor_stoq_app.events import AlertType, Medium
from saleor_stoq_app.providers.base import ProviderId
from saleor_stoq_app.providers.registry import DEFAULT


class Storefront(BaseModel):
    """Where a channel's shop window stands; Saleor knows no such address (saleor.md section 9)."""

    model_config = ConfigDict(frozen=True)

    origins: tuple[str, ...] = Field(min_length=1)
    product_url: str

    @field_validator("origins")
    @classmethod
    def _origin(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            scheme, _, host = origin.partition("://")
            if scheme not in {"http", "https"} or not host or "/" in host:
                msg = f"{origin!r} is no origin: write https://shop.example without a path"
                raise ValueError(msg)
        return value

    @field_validator("product_url")
    @classmethod
    def _template(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")) or "{slug}" not in value:
            msg = "write a full address with {slug}, such as https://shop.example/products/{slug}?variant={variant}"
            raise ValueError(msg)
        return value


class BackInStockRules(BaseModel):
    """When a variant counts as back and who is owed an alert."""

    model_config = ConfigDict(frozen=True)

    automatic: bool = True
    minimum_units: int = Field(default=1, ge=1)
    join_minutes: int = Field(default=15, ge=0, le=24 * 60)
    maximum_age_hours: int = Field(default=48, ge=1)


class Settings(BaseModel):
    """Everything that a merchant decided; defaults hold until then."""

    model_config = ConfigDict(frozen=True)

    shop_name: str = ""
    storefronts: dict[str, Storefront] = Field(default_factory=dict)
    vendor_attribute: str = "brand"
    preorder_key: str = "stoq.preorder"
    senders: dict[AlertType, dict[Medium, ProviderId]] = Field(default_factory=dict)
    back_in_stock: BackInStockRules = BackInStockRules()

    def sender(self, alert_type: AlertType, medium: Medium) -> ProviderId:
        """Say who sends an alert type through a medium; each pair is a choice of its own (R12, R107)."""
        return self.senders.get(alert_type, {}).get(medium, DEFAULT)

    def sending(self, alert_type: AlertType, medium: Medium, provider: ProviderId) -> "Settings":
        """Return the settings with another sender for one alert type and medium."""
        chosen = {**self.senders.get(alert_type, {}), medium: provider}
        return self.model_copy(update={"senders": {**self.senders, alert_type: chosen}})
