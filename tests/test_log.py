"""Logs tell what happened and neither to whom nor with which key."""

import json
import logging
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_stoq_app import log

PHONE = "+351912345678"
EMAIL = "ana@shop.example"
KEY = "pk_0123456789abcdef"


@pytest.fixture(autouse=True)
def _root_logger_as_before():
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level


@pytest.fixture
def lines(capsys):
    """Run a function while the logs are JSON; gives the lines that it wrote."""

    def written(act: Callable[[], object]) -> list[dict[str, object]]:
        log.set_up("json")
        act()
        return [json.loads(line) for line in capsys.readouterr().err.splitlines()]

    return written


def test_a_line_tells_what_when_and_with_which_values(lines):
    (line,) = lines(lambda: log.get(__name__).info("restock.opened", restock="1", units=3))
    assert (line["event"], line["restock"], line["units"], line["level"]) == (
        "restock.opened",
        "1",
        3,
        "info",
    )
    assert line["timestamp"].endswith("Z")


def test_values_under_telling_names_are_hidden(lines):
    named = {"phone": "1", "customer_name": "Ana", "api_key": "k", "authorization": "b", "saleor_token": "t"}
    (line,) = lines(lambda: log.get(__name__).info("x", **named))
    assert {line[name] for name in named} == {"[hidden]"}


def test_contacts_and_keys_are_hidden_in_any_text(lines):
    (line,) = lines(lambda: log.get(__name__).warning(f"no answer for {PHONE}", said=f"{EMAIL} used {KEY}"))
    assert line["event"] == "no answer for [phone]"
    assert line["said"] == "[email] used [secret]"


def test_contacts_are_hidden_at_any_depth_and_in_any_object(lines):
    seen = {"error": ValueError(PHONE), "ids": [PHONE], "body": {"phone": "1", "said": {"to": EMAIL}}, "n": 3}
    (line,) = lines(lambda: log.get(__name__).info("x", **seen))
    assert (line["error"], line["ids"], line["n"]) == ("[phone]", ["[phone]"], 3)
    assert line["body"] == {"phone": "[hidden]", "said": {"to": "[email]"}}


def test_other_peoples_loggers_take_the_same_way(lines):
    (line,) = lines(
        lambda: logging.getLogger("some.library").warning("called %s with %s", EMAIL, f"Bearer {KEY}")
    )
    assert line["event"] == "called [email] with [secret]"


def test_a_traceback_is_logged_without_contacts(lines):
    def fail() -> None:
        try:
            int(PHONE + "x")
        except ValueError:
            log.get(__name__).exception("signup.failed")

    (line,) = lines(fail)
    assert "ValueError: invalid literal for int() with base 10: '[phone]x'" in line["exception"]
    assert "912345678" not in json.dumps(line)


def test_text_for_people_is_as_discreet(capsys):
    log.set_up("text")
    log.get(__name__).info("told", phone=PHONE, said=f"hello {PHONE}")
    shown = capsys.readouterr().err
    assert "told" in shown
    assert "912345678" not in shown


@given(
    before=st.text(),
    country=st.integers(1, 999),
    number=st.from_regex(r"[0-9]{2,4}([ -][0-9]{2,4}){2,3}", fullmatch=True),
    after=st.text(st.characters(exclude_categories=["Nd"])),
)
def test_a_phone_number_is_found_in_whatever_surrounds_it(before, country, number, after):
    assert number not in log.clean(f"{before}+{country} {number}{after}")


@given(text=st.text("abc .:-/_0123456789"))
def test_text_without_contacts_stays_as_it_is(text):
    assert log.clean(text) == text
