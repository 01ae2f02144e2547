"""Names count to the letter, whatever they hold; what comes close is offered."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_stoq_app.providers.base import FlowState
from saleor_stoq_app.providers.klaviyo.flow_names import closest, name_filter

NAME = "STOQ - Back in stock SMS alert (STOQ)"


def flow(name, status="live", *, archived=False):
    return FlowState(f"id of {name}", name, status, archived, None)


def names(flows):
    return [each.name for each in flows]


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        (NAME, f'equals(name,"{NAME}")'),
        ("Zurück 🎉 (1)", 'equals(name,"Zurück 🎉 (1)")'),
        ('The "big" alert, again', 'contains(name,"alert, again")'),
        ("It's back", 'contains(name,"s back")'),
        ("back\\slash", 'contains(name,"slash")'),
        ("\"'\\", ""),
    ],
)
def test_a_name_is_asked_for_without_quotes_within_quotes(name, asked):
    assert name_filter(name) == asked


@given(st.text(min_size=1, max_size=255))
def test_every_filter_finds_the_name_that_it_was_made_for(name):
    asked = name_filter(name)

    if asked:
        operator, wanted = re.fullmatch(r'(equals|contains)\(name,"([^"\\]+)"\)', asked, re.DOTALL).groups()
        assert wanted == name if operator == "equals" else wanted in name
    else:
        assert not re.sub(r"[\"'\\\x00-\x20\x7f]|\s", "", name)


@pytest.mark.parametrize(
    "other",
    [
        NAME.lower(),
        f" {NAME} ",
        NAME.replace(" ", "  "),
        NAME.replace("-", "\u2013"),
        "Back in stock SMS alert",
        f"{NAME} copy",
        NAME.replace("alert", "allert"),
    ],
)
def test_a_name_that_comes_close_is_offered(other):
    assert names(closest(NAME, [flow("Welcome series"), flow(other)])) == [other]


def test_the_exact_name_and_strange_ones_are_no_near_misses():
    assert closest(NAME, [flow(NAME), flow("Welcome series"), flow(""), flow("S")]) == []


def test_one_letter_written_in_two_ways_comes_close():
    assert names(closest("Zuru\u0308ck im Lager", [flow("Zur\u00fcck im Lager")])) == ["Zur\u00fcck im Lager"]


def test_the_closest_comes_first_and_live_before_archived():
    shown = closest(NAME, [flow(NAME.upper(), archived=True), flow(f"{NAME} 2"), flow(NAME.lower(), "draft")])

    assert names(shown) == [NAME.lower(), NAME.upper(), f"{NAME} 2"]


def test_of_a_hundred_near_misses_ten_are_offered():
    assert len(closest(NAME, [flow(f"{NAME} {number}") for number in range(100)])) == 10


@given(st.text(max_size=300), st.lists(st.text(max_size=300), max_size=5))
def test_any_names_can_be_compared(name, others):
    offered = names(closest(name, map(flow, others)))

    assert name not in offered
    assert set(offered) <= set(others)
