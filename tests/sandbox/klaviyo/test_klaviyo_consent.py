"""Subscribing and unsubscribing: rules at once, effect minutes later, no word about it."""

import pytest

from saleor_stoq_app.sandbox.klaviyo import DOUBLE_OPT_IN
from tests.sandbox.klaviyo.calls import OTHER_PHONE, PHONE, person, problem, subscriber

PROFILES = "/data/attributes/profiles/data"
EARLIER = "2026-11-01T08:00:00+00:00"
UNSUBSCRIBE = "/api/profile-subscription-bulk-delete-jobs"


def leaver(phone=PHONE, **channels):
    sms = channels or {"marketing": {"consent": "UNSUBSCRIBED"}, "transactional": {"consent": "UNSUBSCRIBED"}}
    identity = {"phone_number": phone} if phone else {}
    return {"type": "profile", "attributes": {**identity, "subscriptions": {"sms": sms}}}


def unsubscribe(*people):
    attributes = {"profiles": {"data": list(people)}}
    return {"data": {"type": "profile-subscription-bulk-delete-job", "attributes": attributes}}


@pytest.fixture
async def known(caller):
    """Somebody with a profile and no permission."""
    await caller.post("/api/profile-import", person())


async def test_a_permission_holds_one_to_three_minutes_later(caller, known, clock):
    answer = await caller.subscribe(subscriber())
    assert (answer.status_code, answer.content) == (202, b"")
    clock.advance(59)
    assert await caller.sms() == "NEVER_SUBSCRIBED"
    clock.advance(121)
    assert await caller.sms() == "SUBSCRIBED"


async def test_the_permission_tells_when_and_by_which_means(caller, known, clock):
    await caller.subscribe(subscriber())
    clock.advance(180)
    asked = {"filter": f'equals(phone_number,"{PHONE}")', "additional-fields[profile]": "subscriptions"}
    (found,) = await caller.all("/api/profiles", **asked)
    sms = found["attributes"]["subscriptions"]["sms"]
    assert sms["marketing"]["can_receive_sms_marketing"] is True
    assert sms["marketing"]["method_detail"] == "STOQ back in stock"
    assert sms["marketing"]["consent_timestamp"].startswith("2026-11-23T09:0")
    assert sms["transactional"] == {
        "can_receive_sms_transactional": False,
        "consent": "NEVER_SUBSCRIBED",
        "consent_timestamp": None,
        "method": None,
        "method_detail": None,
        "last_updated": None,
    }


async def test_somebody_new_without_list_or_history_never_becomes_a_profile(caller, clock):
    assert (await caller.subscribe(subscriber())).status_code == 202
    clock.advance(3600)
    assert await caller.sms() is None


async def test_somebody_new_on_a_list_becomes_a_profile(caller, klaviyo, clock):
    contacts = klaviyo.add_list("Texts")
    await caller.subscribe(subscriber(), on=contacts.id)
    clock.advance(180)
    assert await caller.sms() == "SUBSCRIBED"
    assert len(contacts.members) == 1


async def test_somebody_new_with_history_becomes_a_profile_with_the_time_of_then(caller, klaviyo, clock):
    answer = await caller.subscribe(subscriber(consented_at=EARLIER), historical=True)
    assert answer.status_code == 202
    clock.advance(180)
    assert await caller.sms() == "SUBSCRIBED"
    assert klaviyo.account.profiles.with_phone(PHONE).sms_marketing.at.isoformat() == EARLIER


@pytest.mark.parametrize(
    ("historical", "consented_at"),
    [
        (False, EARLIER),
        (True, None),
        (True, "2026-11-23T09:00:00+00:00"),
        (True, "2027-01-01T00:00:00+00:00"),
    ],
)
async def test_history_and_its_time_go_together(caller, known, historical, consented_at):
    answer = await caller.subscribe(subscriber(consented_at=consented_at), historical=historical)
    assert answer.status_code == 400
    assert problem(answer)["source"] == {"pointer": f"{PROFILES}/0/attributes/subscriptions"}


async def test_texts_need_a_phone_in_the_words_of_the_contract(caller):
    answer = await caller.subscribe(subscriber(None, email="sarah@shop.example"))
    assert answer.status_code == 400
    assert problem(answer)["detail"] == (
        "'phone_number' must not be empty when the sms channel is included in 'subscriptions'."
    )


async def test_mails_need_an_address(caller):
    mails = {"email": {"marketing": {"consent": "SUBSCRIBED"}}}
    answer = await caller.subscribe(subscriber(subscriptions=mails))
    assert problem(answer)["source"] == {"pointer": f"{PROFILES}/0/attributes/email"}


async def test_mails_can_be_permitted(caller, klaviyo, known, clock):
    mails = {"email": {"marketing": {"consent": "SUBSCRIBED"}}}
    answer = await caller.subscribe(subscriber(email="sarah@shop.example", subscriptions=mails))
    assert answer.status_code == 202
    clock.advance(180)
    klaviyo.settle()
    assert klaviyo.account.profiles.with_phone(PHONE).email_marketing.given


@pytest.mark.parametrize("phone", ["0123", "+8613800138000", "+12684601234"])
async def test_bad_phones_and_countries_without_a_sender_refuse_all_by_index(caller, known, clock, phone):
    answer = await caller.subscribe(subscriber(), subscriber(phone))
    assert answer.status_code == 400
    assert problem(answer)["source"] == {"pointer": f"{PROFILES}/1/attributes/phone_number"}
    clock.advance(3600)
    assert await caller.sms() == "NEVER_SUBSCRIBED"


async def test_a_country_that_the_account_has_no_number_for_is_refused(caller, klaviyo, known):
    klaviyo.account.sends_to = frozenset(("GB",))
    assert (await caller.subscribe(subscriber())).status_code == 400
    assert (await caller.subscribe(subscriber("+442079460000"))).status_code == 202


async def test_an_age_gated_account_wants_the_date_of_birth(caller, klaviyo, known):
    klaviyo.account.age_gated = True
    assert (await caller.subscribe(subscriber())).status_code == 400
    assert (await caller.subscribe(subscriber(age_gated_date_of_birth="1990-01-31"))).status_code == 202


@pytest.mark.parametrize("people", [0, 1001])
async def test_a_job_holds_one_to_a_thousand_people(caller, people):
    assert (await caller.subscribe(*[subscriber()] * people)).status_code == 400


async def test_a_thousand_people_are_taken(caller):
    assert (await caller.subscribe(*[subscriber()] * 1000)).status_code == 202


async def test_a_list_that_is_not_there_is_not_found(caller, known):
    assert (await caller.subscribe(subscriber(), on="NOPE01")).status_code == 404


async def test_an_id_of_nobody_is_not_found_and_nobody_is_subscribed(caller, known, clock):
    nobody = subscriber(OTHER_PHONE) | {"id": "01NOBODY"}
    assert (await caller.subscribe(subscriber(), nobody)).status_code == 404
    clock.advance(3600)
    assert await caller.sms() == "NEVER_SUBSCRIBED"


@pytest.mark.parametrize("subscriptions", [{}, {"sms": {}}, {"sms": None}])
async def test_a_job_without_a_channel_is_refused(caller, subscriptions):
    assert (await caller.subscribe(subscriber(subscriptions=subscriptions))).status_code == 400


@pytest.mark.parametrize(
    "grant",
    [
        {"consent": "UNSUBSCRIBED"},
        {},
        {"consent": "SUBSCRIBED", "at": "now"},
        {"consent": "SUBSCRIBED", "consented_at": "now"},
    ],
)
async def test_a_grant_that_breaks_the_contract_is_refused(caller, grant):
    assert (
        await caller.subscribe(subscriber(subscriptions={"sms": {"marketing": grant}}))
    ).status_code == 400


async def test_with_double_opt_in_a_text_asks_first(caller, klaviyo, clock, phones):
    contacts = klaviyo.add_list("Texts", opt_in_process=DOUBLE_OPT_IN)
    await caller.subscribe(subscriber(), on=contacts.id)
    clock.advance(180)
    assert await caller.sms() == "NEVER_SUBSCRIBED"
    assert [text.body for text in phones.inbox(PHONE)] == [
        "Sandbox Shop: Reply YES to confirm that we may text you."
    ]
    klaviyo.reply(PHONE, "yes")
    assert await caller.sms() == "SUBSCRIBED"


async def test_transactional_permission_and_history_are_never_asked_for_twice(
    caller, klaviyo, known, clock, phones
):
    klaviyo.account.default_opt_in = DOUBLE_OPT_IN
    transactional = {"sms": {"transactional": {"consent": "SUBSCRIBED"}}}
    await caller.subscribe(subscriber(subscriptions=transactional))
    await caller.subscribe(subscriber(OTHER_PHONE, consented_at=EARLIER), historical=True)
    clock.advance(180)
    klaviyo.settle()
    assert klaviyo.account.profiles.with_phone(PHONE).sms_transactional.given
    assert klaviyo.account.profiles.with_phone(OTHER_PHONE).sms_marketing.given
    assert phones.total() == 0


async def test_a_yes_that_nobody_asked_for_permits_nothing(caller, klaviyo, known):
    klaviyo.reply(PHONE, "YES")
    klaviyo.reply(OTHER_PHONE, "YES")
    assert await caller.sms() == "NEVER_SUBSCRIBED"


async def test_stop_ends_every_permission_to_text_and_a_fresh_opt_in_restores_it(caller, klaviyo, clock):
    klaviyo.opt_in(PHONE)
    klaviyo.reply(PHONE, " stop ")
    assert await caller.sms() == "UNSUBSCRIBED"
    assert not klaviyo.account.profiles.with_phone(PHONE).sms_transactional.given
    await caller.subscribe(subscriber())
    clock.advance(180)
    assert await caller.sms() == "SUBSCRIBED"


async def test_unsubscribing_takes_effect_later_and_only_for_what_is_named(caller, klaviyo, clock):
    klaviyo.opt_in(PHONE)
    answer = await caller.post(UNSUBSCRIBE, unsubscribe(leaver(marketing={"consent": "UNSUBSCRIBED"})))
    assert (answer.status_code, answer.content) == (202, b"")
    assert await caller.sms() == "SUBSCRIBED"
    clock.advance(5)
    assert await caller.sms() == "UNSUBSCRIBED"
    assert klaviyo.account.profiles.with_phone(PHONE).sms_transactional.given


async def test_unsubscribing_from_everything_is_possible_by_address_too(caller, klaviyo, clock):
    klaviyo.opt_in(PHONE)
    await caller.post("/api/profile-import", person(email="sarah@shop.example"))
    body = leaver()
    body["attributes"]["email"] = "sarah@shop.example"
    body["attributes"]["subscriptions"]["email"] = {"marketing": {"consent": "UNSUBSCRIBED"}}
    assert (await caller.post(UNSUBSCRIBE, unsubscribe(body, leaver(OTHER_PHONE)))).status_code == 202
    clock.advance(5)
    klaviyo.settle()
    profile = klaviyo.account.profiles.with_phone(PHONE)
    given = (profile.sms_marketing.given, profile.sms_transactional.given)
    assert (given, profile.email_marketing.status) == ((False, False), "UNSUBSCRIBED")


@pytest.mark.parametrize(
    "people",
    [[], [leaver()] * 101, [leaver(None)], [leaver(marketing={"consent": "SUBSCRIBED"})]],
)
async def test_an_unsubscription_that_breaks_a_rule_is_refused(caller, people):
    assert (await caller.post(UNSUBSCRIBE, unsubscribe(*people))).status_code == 400


async def test_an_event_grants_no_permission(caller, clock):
    await caller.event()
    clock.advance(3600)
    assert await caller.sms() == "NEVER_SUBSCRIBED"
