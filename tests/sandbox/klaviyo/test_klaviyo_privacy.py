"""POST /api/data-privacy-deletion-jobs: a person is forgotten some time after."""

import pytest

from tests.sandbox.klaviyo.calls import METRIC, OTHER_PHONE, PHONE, entry, person, problem, subscriber
from tests.sandbox.klaviyo.flow_calls import create, delay, sms, status

PATH = "/api/data-privacy-deletion-jobs"
AT = "/data/attributes/profile/data"


def job(*, ident=None, **named):
    who = {"type": "profile", "attributes": named} | ({"id": ident} if ident else {})
    return {"data": {"type": "data-privacy-deletion-job", "attributes": {"profile": {"data": who}}}}


@pytest.fixture
async def known(caller, klaviyo, clock):
    klaviyo.limits = None
    klaviyo.add_list("Texts").members.add(klaviyo.opt_in(PHONE))
    await caller.event(profile=person(PHONE, email="sarah@shop.example"))
    await caller.event(OTHER_PHONE, unique_id="u2")
    clock.advance(60)
    klaviyo.settle()
    return klaviyo.account.profiles.with_phone(PHONE)


async def test_a_person_is_forgotten_with_every_event(caller, klaviyo, clock, known):
    answer = await caller.post(PATH, job(phone_number=PHONE))
    assert (answer.status_code, answer.content) == (202, b"")
    assert await caller.sms() == "SUBSCRIBED"
    clock.advance(60)
    assert await caller.sms() is None
    assert [event.phone for event in klaviyo.events(METRIC)] == [OTHER_PHONE]
    assert len(await caller.all("/api/events")) == 1
    assert (await caller.post("/api/profile-import", person(PHONE))).status_code == 201


@pytest.mark.parametrize("by", ["email", "id"])
async def test_a_person_may_be_named_in_three_ways(caller, klaviyo, clock, known, by):
    body = job(email="sarah@shop.example") if by == "email" else job(ident=known.id)
    assert (await caller.post(PATH, body)).status_code == 202
    clock.advance(60)
    assert await caller.sms() is None


async def test_somebody_unknown_is_accepted_too(caller, klaviyo, clock, known):
    assert (await caller.post(PATH, job(phone_number="+12125550199"))).status_code == 202
    assert (await caller.post(PATH, job(ident="01" + "A" * 24))).status_code == 202
    clock.advance(60)
    assert len(klaviyo.events(METRIC)) == 2


@pytest.mark.parametrize(
    "body",
    [
        job(),
        job(phone_number=PHONE, email="sarah@shop.example"),
        job(ident="01ABC", phone_number=PHONE),
        job(phone_number=None),
    ],
)
async def test_exactly_one_name_is_wanted(caller, body):
    answer = await caller.post(PATH, body)
    assert answer.status_code == 400
    assert problem(answer)["source"] == {"pointer": AT}


@pytest.mark.parametrize("body", [{}, job(phone=PHONE), job(email="nobody"), job(external_id="x")])
async def test_what_breaks_the_contract_is_refused(caller, body):
    assert (await caller.post(PATH, body)).status_code == 400


async def test_what_still_waits_for_a_forgotten_person_is_skipped(caller, klaviyo, clock, phones, known):
    metric_id = klaviyo.events(METRIC)[0].metric.id
    made = await create(caller, metric_id, delay(), sms())
    await caller.patch(f"/api/flows/{made['id']}", status(made["id"], "live"))
    await caller.event(unique_id="u3")
    clock.advance(1)
    await caller.post(PATH, job(phone_number=PHONE))
    clock.advance(400)
    assert [skip.reason for skip in klaviyo.skips] == ["Person Deleted"]
    assert phones.total() == 0


async def test_jobs_that_name_a_forgotten_person_by_id_come_to_nothing(caller, klaviyo, clock, known):
    await caller.post(PATH, job(ident=known.id))
    clock.advance(59.5)
    by_id = {"data": {"type": "profile", "id": known.id, "attributes": {}}}
    await caller.event(profile=by_id, unique_id="u3")
    await caller.bulk(entry(profile=by_id, unique_id="u4"))
    await caller.subscribe(subscriber() | {"id": known.id})
    clock.advance(180)
    assert [event.unique_id for event in klaviyo.events(METRIC)] == ["u2"]
    assert await caller.sms() is None
