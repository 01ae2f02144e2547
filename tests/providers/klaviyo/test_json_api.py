"""Answers of any shape are read without falling over."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_stoq_app.providers.klaviyo import consent
from saleor_stoq_app.providers.klaviyo.json_api import items, next_cursor, part

NAMES = st.sampled_from(
    ["data", "links", "next", "attributes", "subscriptions", "sms", "marketing", "consent", "last_updated"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5) | st.just("UNSUBSCRIBED"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
)


@given(JSON)
def test_anything_can_be_read(body):
    assert items(body) is None or all(isinstance(item, dict) for item in items(body))
    assert isinstance(part(body, "data", "attributes"), dict)
    assert next_cursor(body) is None or isinstance(next_cursor(body), str)
    consent.standings(items(body) or [])


@pytest.mark.parametrize(
    ("following", "cursor"),
    [
        (None, None),
        (7, None),
        ("", None),
        (
            "https://a.klaviyo.com/api/metrics/?page%5Bcursor%5D=bmV4dDo6aWQ6OlJLOVhqTQ",
            "bmV4dDo6aWQ6OlJLOVhqTQ",
        ),
        ("https://evil.example/?page[cursor]=x&other=1", "x"),
        ("https://[broken", None),
    ],
)
def test_only_the_cursor_is_taken_from_a_link(following, cursor):
    assert next_cursor(orjson.loads(orjson.dumps({"links": {"next": following}}))) == cursor
