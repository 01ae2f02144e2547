"""The way in over HTTP: which requests are read at all, and what a browser is told."""

import json
from contextlib import suppress

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_stoq_app.api.router import LARGEST_BODY, PATH, parse
from saleor_stoq_app.errors import InvalidInput
from tests.api.conftest import ORIGIN, SIGN_UP

JSON = {"content-type": "application/json"}


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
async def test_only_post_is_answered(browser, method):
    answer = await browser.http.request(method, PATH, params={"query": '{ shop(key: "x") { name } }'})

    assert answer.status_code == 405
    assert "POST" in answer.headers["allow"]


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"]
)
async def test_only_json_is_read(browser, content_type):
    answer = await browser.http.post(PATH, content=b"{}", headers={"content-type": content_type})

    assert answer.status_code == 415


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"query"',
        b"{}",
        b'{"query": ""}',
        b'{"query": 1}',
        b'{"query": "{ x }", "variables": []}',
        b'{"query": "{ x }", "operationName": 1}',
        b'{"query": "\\ud800"}',
        b"\xff\xfe",
        b"[" * 5_000,
        b'{"query": "query A { __typename }", "operationName": "B"}',
    ],
)
async def test_a_body_that_is_no_operation_is_a_400(browser, body):
    answer = await browser.http.post(PATH, content=body, headers=JSON)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"]


async def test_a_body_of_ten_megabytes_is_refused_unread(browser):
    read = 0

    async def body():
        nonlocal read
        for _ in range(160):
            read += LARGEST_BODY
            yield b" " * LARGEST_BODY

    answer = await browser.http.post(PATH, content=body(), headers=JSON)
    told = await browser.http.post(PATH, content=b"{}", headers=JSON | {"content-length": str(10**7)})

    assert (answer.status_code, told.status_code) == (413, 413)
    assert read <= 3 * LARGEST_BODY


async def test_json_may_name_its_charset(browser):
    body = orjson.dumps({"query": SIGN_UP, "variables": {"input": browser.wish()}})
    headers = {"content-type": "Application/JSON; charset=utf-8"}

    answer = await browser.http.post(PATH, content=body, headers=headers)

    assert answer.json()["data"]["signUp"]["accepted"] is True


async def test_every_origin_may_read_the_answer_but_no_credentials_are_allowed(browser):
    asked = {"origin": "https://elsewhere.example", "access-control-request-method": "POST"}

    preflight = await browser.http.options(
        PATH, headers=asked | {"access-control-request-headers": "content-type"}
    )
    answer = await browser.ask(SIGN_UP, origin="https://elsewhere.example", input=browser.wish())

    assert preflight.status_code == 200
    for told in (preflight, answer):
        assert told.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in told.headers
    assert answer.json()["data"]["signUp"]["errors"][0]["code"] == "ORIGIN_NOT_ALLOWED"
    assert answer.headers["cache-control"] == "no-store"


async def test_an_origin_is_compared_without_its_case(browser):
    assert (await browser.sign_up(origin=ORIGIN.upper()))["accepted"] is True


NESTED = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["query", "variables", "operationName"]), inner)
    ),
)


@given(st.binary(max_size=200) | NESTED.map(lambda value: json.dumps(value).encode()))
def test_any_body_is_read_or_refused(body):
    with suppress(InvalidInput):
        assert parse(body).query.strip()
