"""Trouble on demand at the double's two doors."""

import asyncio

import httpx
import pytest

from saleor_stoq_app.sandbox.saleor import SandboxSaleor

ORIGIN = "http://127.0.0.1:8000"
DOORS = {"graphql": ("POST", "/graphql/"), "jwks": ("GET", "/.well-known/jwks.json")}


@pytest.fixture
def saleor(clock):
    return SandboxSaleor(clock)


@pytest.fixture
async def knock(saleor):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(saleor.app), base_url=ORIGIN) as client:

        async def knock(door):
            method, path = DOORS[door]
            return await client.request(
                method, path, json={"query": "{shop{name}}"} if method == "POST" else None
            )

        yield knock


@pytest.mark.parametrize("door", DOORS)
async def test_unavailable_so_many_times(saleor, knock, door):
    saleor.faults.add(door, "unavailable", times=2)
    assert [(await knock(door)).status_code for _ in range(3)] == [503, 503, 200]


async def test_a_standing_fault_lasts_until_cleared(saleor, knock):
    saleor.faults.add("jwks", "unavailable", times=None)
    assert [(await knock("jwks")).status_code for _ in range(3)] == [503, 503, 503]
    saleor.faults.clear()
    assert (await knock("jwks")).status_code == 200


async def test_rate_limited_says_when_to_come_back(saleor, knock):
    saleor.faults.add("graphql", "rate_limited", seconds=7)
    saleor.faults.add("graphql", "rate_limited")
    first, second = await knock("graphql"), await knock("graphql")
    assert (first.status_code, first.headers["retry-after"]) == (429, "7")
    assert "retry-after" not in second.headers


async def test_html_and_half_an_answer_are_no_json(saleor, knock):
    for kind in ("html", "half"):
        saleor.faults.add("graphql", kind)
        answer = await knock("graphql")
        assert answer.status_code == 200
        with pytest.raises(ValueError, match=r".+"):
            answer.json()


async def test_slow_takes_the_time_of_the_clock(saleor, knock, clock):
    saleor.faults.add("graphql", "slow", seconds=30)
    before = clock.now()
    assert (await knock("graphql")).json()["data"] == {"shop": {"name": "Saleor e-commerce"}}
    assert (clock.now() - before).total_seconds() == 30


async def test_hanging_requests_are_let_go_when_trouble_is_cleared(saleor, knock):
    saleor.faults.add("graphql", "hang")
    waiting = asyncio.create_task(knock("graphql"))
    await asyncio.sleep(0.01)
    assert not waiting.done()
    saleor.faults.clear()
    assert (await waiting).status_code == 200


async def test_a_huge_key_set_is_huge(saleor, knock):
    saleor.faults.add("jwks", "huge")
    assert len((await knock("jwks")).content) > 10_000_000


async def test_a_wrong_key_hides_under_the_right_id(saleor, knock):
    right = (await knock("jwks")).json()["keys"][0]
    saleor.faults.add("jwks", "wrong_key")
    wrong = (await knock("jwks")).json()["keys"][0]
    assert (wrong["kid"], wrong["n"] != right["n"]) == (right["kid"], True)


async def test_there_are_no_other_doors(knock, saleor):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(saleor.app), base_url=ORIGIN) as client:
        assert (await client.get("/graphql/")).status_code == 405
        assert (await client.get("/")).status_code == 404
