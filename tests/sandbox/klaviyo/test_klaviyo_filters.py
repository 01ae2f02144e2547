"""Klaviyo's filter grammar, for every text that may be asked for."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_stoq_app.sandbox.klaviyo.queries import (
    EXACT,
    Condition,
    Field,
    Parameters,
    parse_filter,
    read_query,
)
from saleor_stoq_app.sandbox.klaviyo.refusals import Refused

FIELDS = {
    "name": Field("text", ("equals", "any", "contains", "starts-with", "ends-with")),
    "created": Field("time", ("greater-than", "less-or-equal")),
    "count": Field("number", ("greater-or-equal", "less-than")),
    "archived": Field("flag", ("equals",)),
    "integration.name": EXACT,
}


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@given(st.text(), st.lists(st.text(), min_size=1))
def test_any_text_survives_quoting(one, several):
    text = f"equals(name,{quoted(one)}),any(name,[{','.join(map(quoted, several))}])"
    assert parse_filter(text, FIELDS) == (
        Condition("equals", "name", (one,)),
        Condition("any", "name", tuple(several)),
    )


@given(st.text())
def test_any_other_text_is_read_or_refused(text):
    status = 200
    try:
        parse_filter(text, FIELDS)
    except Refused as refused:
        status = refused.status
    assert status in {200, 400}


def test_conditions_are_joined_by_commas_and_all_must_hold():
    moment = "2026-11-23T09:00:00Z"
    found = parse_filter(f"greater-than(created,{moment}),equals(archived,false),less-than(count,5)", FIELDS)
    assert found == (
        Condition("greater-than", "created", (datetime(2026, 11, 23, 9, tzinfo=UTC),)),
        Condition("equals", "archived", (False,)),
        Condition("less-than", "count", (5,)),
    )


@pytest.mark.parametrize(
    "text",
    [
        "name",
        "equals(name)",
        'equals(name,"x"',
        'equals(name,"x"),',
        'equals(name,"x") equals(name,"y")',
        'equals(colour,"x")',
        'greater-than(name,"x")',
        "equals(name,x)",
        'equals(name,["x"])',
        'any(name,"x")',
        'any(name,["x" "y"])',
        'greater-than(created,"2026-11-23T09:00:00Z")',
        "greater-than(created,2026-11-23T09:00:00)",
        "greater-than(created,2026-11-23T09:00:00 00:00)",
        "less-than(count,many)",
        "equals(archived,maybe)",
    ],
)
def test_what_the_grammar_does_not_know_is_refused(text):
    with pytest.raises(Refused) as refused:
        parse_filter(text, FIELDS)
    assert refused.value.problems[0].source == {"parameter": "filter"}


def test_a_wrong_operator_is_told_the_right_ones_in_the_recorded_words():
    with pytest.raises(Refused, match=r"'contains' is not an allowed filter operator for integration\.name"):
        parse_filter('contains(integration.name,"x")', FIELDS)


@pytest.mark.parametrize(
    ("operator", "value", "holds"),
    [
        ("equals", "Alert", True),
        ("equals", "alert", False),
        ("contains", "ler", True),
        ("starts-with", "Al", True),
        ("ends-with", "Al", False),
    ],
)
def test_texts_are_compared_exactly(operator, value, holds):
    assert Condition(operator, "name", (value,)).holds("Alert") is holds


def test_nothing_holds_for_what_is_not_there():
    assert not Condition("equals", "name", ("x",)).holds(None)


@pytest.mark.parametrize(
    ("operator", "holds"),
    [
        ("greater-than", False),
        ("greater-or-equal", True),
        ("less-than", False),
        ("less-or-equal", True),
    ],
)
def test_bounds_are_as_their_names_say(operator, holds):
    assert Condition(operator, "count", (5,)).holds(5) is holds


ALLOWED = Parameters(
    fields={"event": frozenset(("uuid", "datetime"))},
    additional={"profile": frozenset(("subscriptions",))},
    include=frozenset(("metric",)),
    sort=frozenset(("datetime", "-datetime")),
    sizes=(20, 100),
    pages=True,
)


def test_a_query_is_read_whole():
    query = read_query(
        "fields%5Bevent%5D=uuid,datetime&additional-fields%5Bprofile%5D=subscriptions&include=metric"
        "&sort=-datetime&page%5Bsize%5D=100&page%5Bcursor%5D=abc",
        ALLOWED,
    )
    assert query.fields == {"event": {"uuid", "datetime"}}
    assert query.additional == {"subscriptions"}
    assert query.include == {"metric"}
    assert (query.sort, query.size, query.cursor) == ("-datetime", 100, "abc")


def test_without_a_query_the_defaults_hold():
    query = read_query("", ALLOWED)
    assert (query.size, query.fields, query.cursor) == (20, {}, "")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("fields[event]=colour", "fields[event]"),
        ("fields[metric]=name", "fields[metric]"),
        ("additional-fields[profile]=predictive_analytics", "additional-fields[profile]"),
        ("include=profiless", "include"),
        ("sort=colour", "sort"),
        ("page[size]=0", "page[size]"),
        ("page[size]=101", "page[size]"),
        ("page[size]=many", "page[size]"),
        ("page[size]=²", "page[size]"),
        ("filter=equals(name,%22x%22)", "filter"),
    ],
)
def test_what_an_operation_does_not_take_is_refused_by_name(text, name):
    with pytest.raises(Refused) as refused:
        read_query(text, ALLOWED)
    assert refused.value.problems[0].source == {"parameter": name}
