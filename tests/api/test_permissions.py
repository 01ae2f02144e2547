"""Each kind of action takes the permission that design and Saleor's own apps agree on, and no other."""

import pytest

from saleor_stoq_app.api.permissions import NEEDED, Action, check
from saleor_stoq_app.errors import Forbidden
from saleor_stoq_app.saleor.staff import Staff

TABLE = {
    Action.CHANGE_SETTINGS: "MANAGE_APPS",
    Action.SEE_SHOPPERS: "MANAGE_PRODUCTS",
    Action.SEE_ORDERS: "MANAGE_ORDERS",
}


def member(*permissions: str) -> Staff:
    return Staff("VXNlcjox", "staff@example.com", frozenset(permissions))


def test_every_kind_of_action_is_decided():
    assert set(NEEDED) == set(Action)


@pytest.mark.parametrize(("action", "permission"), TABLE.items())
def test_one_permission_opens_a_kind_of_action(action, permission):
    check(member(permission), action)


@pytest.mark.parametrize(("action", "permission"), TABLE.items())
def test_every_other_permission_together_does_not_open_it(action, permission):
    others = {*TABLE.values(), "MANAGE_STAFF", "MANAGE_SETTINGS"} - {permission}

    with pytest.raises(Forbidden, match=permission):
        check(member(*others), action)


def test_any_member_of_staff_sees_the_settings():
    check(member(), Action.SEE_SETTINGS)


def test_what_decides_cannot_be_changed():
    with pytest.raises(TypeError):
        NEEDED[Action.CHANGE_SETTINGS] = None
