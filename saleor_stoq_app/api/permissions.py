"""Which permission a staff member needs for each kind of action in the Dashboard."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from saleor_stoq_app.saleor.staff import Staff


class Action(StrEnum):
    """What staff do in the panel, by what it touches."""

    SEE_SETTINGS = "see_settings"
    CHANGE_SETTINGS = "change_settings"
    SEE_SHOPPERS = "see_shoppers"
    SEE_ORDERS = "see_orders"


NEEDED: Mapping[Action, str | None] = MappingProxyType(
    {
        Action.SEE_SETTINGS: None,
        Action.CHANGE_SETTINGS: "MANAGE_APPS",
        Action.SEE_SHOPPERS: "MANAGE_PRODUCTS",
        Action.SEE_ORDERS: "MANAGE_ORDERS",
    }
)
"""None lets every member of staff: the Dashboard opens the app's frame for anyone who is logged in."""


def check(staff: Staff, action: Action) -> None:
    """Pass in silence if this staff member may do it.

    Raises:
        Forbidden: names the permission that is missing.
    """
    needed = NEEDED[action]
    if needed is not None:
        staff.require(needed)
