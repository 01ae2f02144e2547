"""Laws 2 and 3 as rules: a restock is a change of the shop's facts, judged by the settings of today."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_stoq_app.alerts.sellable import Change, compare, judged_alike, sellable
from saleor_stoq_app.saleor.availability import ABSENT, Facts
from saleor_stoq_app.settings.models import BackInStockRules
from tests.saleor.nodes import SELLABLE

RULES = BackInStockRules()
SOLD_OUT = replace(SELLABLE, units=0)
facts = st.builds(
    Facts,
    units=st.none() | st.integers(min_value=-5, max_value=30),
    published=st.booleans(),
    purchasable=st.booleans(),
    priced=st.booleans(),
    preorder=st.booleans(),
)
rules = st.builds(BackInStockRules, automatic=st.booleans(), minimum_units=st.integers(1, 20))


@pytest.mark.parametrize(
    ("seen", "is_sellable"),
    [
        (SELLABLE, True),
        (None, False),
        (ABSENT, False),
        (SOLD_OUT, False),
        (replace(SELLABLE, units=-3), False),
        (replace(SELLABLE, units=None), True),
        (replace(SELLABLE, published=False), False),
        (replace(SELLABLE, purchasable=False), False),
        (replace(SELLABLE, priced=False), False),
        (replace(SELLABLE, preorder=True), False),
        (replace(SELLABLE, units=None, preorder=True), False),
    ],
)
def test_a_variant_can_be_bought_if_nothing_speaks_against_it(seen, is_sellable):
    assert sellable(seen, RULES) is is_sellable


@pytest.mark.parametrize(("units", "is_sellable"), [(4, False), (5, True), (6, True), (None, True)])
def test_fewer_units_than_the_merchant_wants_are_none(units, is_sellable):
    assert sellable(replace(SELLABLE, units=units), BackInStockRules(minimum_units=5)) is is_sellable


@pytest.mark.parametrize(
    ("before", "now", "is_open", "change"),
    [
        (SOLD_OUT, SELLABLE, False, Change.OPENED),
        (None, SELLABLE, False, Change.OPENED),
        (SELLABLE, SELLABLE, False, Change.NOTHING),
        (SELLABLE, replace(SELLABLE, units=9), False, Change.NOTHING),
        (SOLD_OUT, SOLD_OUT, False, Change.NOTHING),
        (SOLD_OUT, replace(SELLABLE, preorder=True), False, Change.NOTHING),
        (SELLABLE, SELLABLE, True, Change.NOTHING),
        (SOLD_OUT, SELLABLE, True, Change.NOTHING),
        (SELLABLE, SOLD_OUT, True, Change.CLOSED),
        (SELLABLE, ABSENT, True, Change.CLOSED),
        (SELLABLE, replace(SELLABLE, preorder=True), True, Change.CLOSED),
    ],
)
def test_what_a_look_finds(before, now, is_open, change):
    judged = sellable(before, RULES)
    assert compare(before, now, RULES, judged_before=judged, is_open=is_open) is change


def test_while_automatic_sending_is_off_a_restock_is_held():
    off = BackInStockRules(automatic=False)
    assert compare(SOLD_OUT, SELLABLE, off, judged_before=False, is_open=False) is Change.HELD


def test_a_lower_minimum_holds_what_it_makes_sellable():
    three = replace(SELLABLE, units=3)
    assert compare(three, three, RULES, judged_before=False, is_open=False) is Change.HELD


def test_units_over_a_raised_minimum_are_a_restock_of_their_own():
    before, now = replace(SELLABLE, units=3), replace(SELLABLE, units=12)
    higher = BackInStockRules(minimum_units=10)
    assert compare(before, now, higher, judged_before=True, is_open=False) is Change.OPENED


@given(seen=facts, then=rules, now=rules, is_open=st.booleans())
def test_a_change_of_rules_alone_never_opens_a_restock_that_sends(seen, then, now, is_open):
    judged = sellable(seen, then)
    assert compare(seen, seen, now, judged_before=judged, is_open=is_open) is not Change.OPENED


@given(
    before=st.none() | facts, seen=facts, now=rules, judged=st.none() | st.booleans(), is_open=st.booleans()
)
def test_what_cannot_be_bought_now_never_opens(before, seen, now, judged, is_open):
    change = compare(before, seen, now, judged_before=judged, is_open=is_open)
    if not sellable(seen, now):
        assert change is (Change.CLOSED if is_open else Change.NOTHING)


@given(before=st.none() | facts, seen=facts, now=rules, judged=st.none() | st.booleans())
def test_an_open_restock_only_closes(before, seen, now, judged):
    change = compare(before, seen, now, judged_before=judged, is_open=True)
    assert change is (Change.NOTHING if sellable(seen, now) else Change.CLOSED)


@given(seen=facts, now=rules)
def test_no_preorder_is_ever_sellable(seen, now):
    assert not sellable(replace(seen, preorder=True), now)


@given(before=facts, seen=facts, then=rules, now=rules)
def test_a_preorder_mark_read_under_another_name_never_opens_a_restock(before, seen, then, now):
    alike = judged_alike(before, replace(before, preorder=seen.preorder), same_preorder_key=False)
    change = compare(
        alike,
        replace(before, preorder=seen.preorder),
        now,
        judged_before=sellable(before, then),
        is_open=False,
    )
    assert change is not Change.OPENED


def test_under_the_same_name_a_mark_that_went_away_is_a_restock():
    marked = replace(SELLABLE, preorder=True)
    alike = judged_alike(marked, SELLABLE, same_preorder_key=True)
    assert compare(alike, SELLABLE, RULES, judged_before=False, is_open=False) is Change.OPENED
