"""Whatever Klaviyo says becomes one of our errors, and quotes nobody."""

import re

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_stoq_app.errors import ProviderError, Rejected, Unknown
from saleor_stoq_app.http import Response
from saleor_stoq_app.providers.klaviyo import operations as op
from saleor_stoq_app.providers.klaviyo.errors import Refused, error_of, retry_after, scrub, shares

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["errors", "source", "pointer", "detail", "title", "meta"]), inner, max_size=4
        )
    ),
)


def refused(*problems):
    errors = [{"detail": detail, "source": {"pointer": pointer}} for pointer, detail in problems]
    return error_of(op.EVENTS, Response(400, {}, orjson.dumps({"errors": errors})))


@given(st.integers(100, 599), JSON.map(lambda body: orjson.dumps({"errors": body})) | st.binary())
def test_any_answer_is_an_error_of_ours(status, body):
    assert isinstance(error_of(op.EVENT, Response(status, {}, body)), ProviderError)


def test_the_elements_that_a_refusal_points_at_are_named():
    bulk = "/data/attributes/events-bulk-create/data"
    error = refused(
        (f"{bulk}/3/attributes/profile/data/attributes/phone_number", "Not a phone."),
        ("/data/attributes/profiles/data/17", "Not a profile."),
        ("/data/attributes", "Not an element."),
        ("/data/", "Nor this."),
    )

    assert error.named == {3: "Not a phone.", 17: "Not a profile."}


def test_an_event_that_klaviyo_already_has_is_not_named():
    error = refused(("/data/attributes/events-bulk-create/data/1/attributes/unique_id", "Repeated."))

    assert error.named == {}


@pytest.mark.parametrize("errors", [None, [], {}, "no", [None, 7, "no"], [{}], [{"source": [], "meta": []}]])
def test_odd_errors_are_still_a_refusal(errors):
    error = error_of(op.EVENTS, Response(400, {}, orjson.dumps({"errors": errors})))

    assert error.message.startswith("Klaviyo refused it: ")
    assert error.named == {}


def test_of_a_refused_batch_the_named_end_and_the_others_are_tried_alone():
    results = shares(Refused("Klaviyo refused it.", {1: "Not a phone."}), ["a", "b", "c"])

    assert [type(results[key]) for key in "abc"] == [Unknown, Rejected, Unknown]
    assert results["b"].message == "Klaviyo refused it: Not a phone."


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("0", 0), ("1", 1), ("60", 60), ("", 10), ("soon", 10), ("-5", 10), ("1.5", 10), ("9" * 400, 86_400)],
)
def test_retry_after_is_whole_seconds_or_a_guess(said, seconds):
    assert retry_after(Response(429, {"retry-after": said}, b"")) == seconds


@given(st.text(max_size=40), st.from_regex(r"\+?1? ?\(?[2-9]\d\d\)?[ .-]?\d{3}[ .-]?\d{4}", fullmatch=True))
def test_no_phone_survives_in_words(around, phone):
    digits = re.sub(r"\D", "", phone)[-7:]

    assert digits not in re.sub(r"\D", "", scrub(f"{around} {phone} {around}").replace(around, ""))


def test_long_words_are_cut():
    assert len(scrub("ab " * 500)) == 300
