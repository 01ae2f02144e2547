"""Events are what the help page and Klaviyo's contract say, to the letter."""

from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_stoq_app.events import BACK_IN_STOCK_VARIABLES
from saleor_stoq_app.providers.klaviyo import events
from tests.providers.messages import alert, phone

NOW = datetime(2026, 11, 23, 9, 0, 0, 999_999, tzinfo=UTC)


def test_an_event_is_exactly_this():
    message = alert(6)

    assert orjson.loads(events.one_event(message, NOW)) == {
        "data": {
            "type": "event",
            "attributes": {
                "properties": {name: f"{name} 6" for name in BACK_IN_STOCK_VARIABLES},
                "time": "2026-11-23T09:00:00+00:00",
                "unique_id": message.key,
                "metric": {
                    "data": {"type": "metric", "attributes": {"name": "Back in stock SMS alert (STOQ)"}}
                },
                "profile": {
                    "data": {
                        "type": "profile",
                        "attributes": {"phone_number": phone(6), "first_name": "Sarah"},
                    }
                },
            },
        }
    }


def test_all_twelve_variables_are_plain_strings():
    told = orjson.loads(events.one_event(alert(1), NOW))["data"]["attributes"]["properties"]

    assert tuple(told) == BACK_IN_STOCK_VARIABLES
    assert len(told) == 12
    assert all(isinstance(value, str) for value in told.values())


@pytest.mark.parametrize(
    ("language", "locale"),
    [
        ("pt-br", "pt-BR"),
        ("en_US", "en-US"),
        ("en", None),
        ("", None),
        ("zh-hans-cn", None),
        ("e n-us", None),
    ],
)
def test_a_locale_is_a_language_with_a_region_or_is_left_out(language, locale):
    attributes = events.profile(alert(1, name="", language=language).recipient)["data"]["attributes"]

    assert attributes.get("locale") == locale
    assert "first_name" not in attributes


@given(
    st.lists(st.dictionaries(st.text(max_size=9), st.text(max_size=99), max_size=3), min_size=1, max_size=9)
)
def test_many_events_keep_their_order_and_their_words(variables):
    messages = [alert(number, **more) for number, more in enumerate(variables)]

    body, count = events.many_events(messages, NOW)

    elements = orjson.loads(body)["data"]["attributes"]["events-bulk-create"]["data"]
    told = [element["attributes"]["events"]["data"][0]["attributes"] for element in elements]
    assert count == len(messages)
    assert [event["unique_id"] for event in told] == [message.key for message in messages]
    assert [event["properties"] for event in told] == [message.variables for message in messages]


def test_a_call_holds_no_more_than_klaviyo_takes():
    messages = [alert(number, image_url="x" * 90_000) for number in range(100)]

    body, count = events.many_events(messages, NOW)

    assert len(body) <= 5_000_000
    assert count == 50
