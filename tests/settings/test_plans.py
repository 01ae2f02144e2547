"""Klaviyo needs a paid plan, everywhere and at every moment (R9, R91, R99)."""

import pytest

from saleor_stoq_app.database import tables
from saleor_stoq_app.errors import InvalidInput, NotFound
from saleor_stoq_app.events import AlertType, Medium
from saleor_stoq_app.providers.base import ProviderId
from saleor_stoq_app.providers.registry import PROVIDERS
from saleor_stoq_app.settings import offers
from saleor_stoq_app.settings.plans import Plan, Plans, PlanTooSmall, including
from tests.fixtures.browsing import KLAVIYO
from tests.fixtures.floor import restocked

ANN = "+14155550101"
TYPE, SMS, EMAIL = AlertType.BACK_IN_STOCK, Medium.SMS, Medium.EMAIL
STOQ, POSTSCRIPT = ProviderId.STOQ, ProviderId.POSTSCRIPT


def options(plan, medium=SMS):
    return {
        offer.spec.id: (offer.why_not, offer.fix)
        for offer in offers.offers(PROVIDERS.values(), plan, TYPE, medium)
    }


def test_the_paid_plans_include_klaviyo():
    assert including(KLAVIYO) == (Plan.LITE, Plan.PRO, Plan.UNLIMITED)


def test_on_free_klaviyo_is_greyed_out_and_says_what_to_do():
    assert options(Plan.FREE)[KLAVIYO] == (
        "The Free plan does not include Klaviyo.",
        "Upgrade to a paid plan: Lite, Pro, Unlimited.",
    )


@pytest.mark.parametrize("plan", [Plan.LITE, Plan.PRO, Plan.UNLIMITED])
def test_on_a_paid_plan_klaviyo_may_be_chosen(plan):
    assert options(plan)[KLAVIYO] == ("", "")


@pytest.mark.parametrize("plan", Plan)
def test_stoq_comes_first_and_may_always_be_chosen_and_postscript_is_coming(plan):
    shown = options(plan)
    assert list(shown) == [STOQ, KLAVIYO, POSTSCRIPT]
    assert shown[STOQ] == ("", "")
    assert shown[POSTSCRIPT][0] == "Postscript is coming soon."


def test_only_who_sends_mail_is_offered_for_mail():
    assert list(options(Plan.PRO, EMAIL)) == [STOQ]


async def test_a_shop_has_the_operators_default_until_it_has_its_own(floor):
    plans = Plans(floor.database, floor.clock, Plan.FREE)
    assert await plans.of(floor.shop.id) is Plan.FREE
    await plans.change(floor.shop.id, Plan.PRO)
    assert await plans.of(floor.shop.id) is Plan.PRO
    assert await Plans(floor.database, floor.clock, Plan.FREE).of(floor.shop.id) is Plan.PRO


async def test_another_process_learns_of_a_plan_after_two_seconds(floor):
    other = Plans(floor.database, floor.clock, Plan.FREE)
    await other.of(floor.shop.id)
    await floor.plans.change(floor.shop.id, Plan.PRO)
    floor.clock.advance(2)
    assert await other.of(floor.shop.id) is Plan.PRO


async def test_a_plan_survives_a_reinstall(floor):
    await floor.plans.change(floor.shop.id, Plan.PRO)
    await floor.shops.save(
        floor.shop.saleor_api_url, app_id="QXBwOjI=", token="t2", jwks={}, schema_version="3.23"
    )
    floor.clock.advance(3)
    assert await floor.plans.of(floor.shop.id) is Plan.PRO


async def test_an_unknown_shop_has_no_plan_to_set(floor):
    with pytest.raises(NotFound):
        await floor.plans.change("nobody", Plan.PRO)


async def test_on_free_neither_connecting_nor_choosing_works_and_nothing_changes(floor):
    accounts = floor.accounts()
    await accounts.change_plan(floor.shop.id, Plan.FREE)
    with pytest.raises(PlanTooSmall):
        await accounts.connect(floor.shop.id, KLAVIYO, "pk_1")
    with pytest.raises(PlanTooSmall):
        await accounts.choose(floor.shop.id, AlertType.BACK_IN_STOCK, SMS, KLAVIYO)
    assert await floor.rows(tables.connections) == []


async def test_after_a_downgrade_alerts_wait_with_the_reason_and_an_upgrade_sends_them(floor):
    await floor.connect()
    accounts = floor.accounts()
    await restocked(floor, ANN)
    process = floor.process()
    await accounts.change_plan(floor.shop.id, Plan.FREE)
    await floor.work(60, process=process)
    [row] = await floor.deliveries()
    assert (row.state, row.reason) == ("parked", "The Free plan does not include Teller.")
    assert floor.teller.alert_calls == []
    await accounts.change_plan(floor.shop.id, Plan.LITE)
    await floor.work(60, step=1, process=process)
    assert floor.teller.phones == {ANN: 1}


async def test_a_provider_that_sends_nothing_parks_with_its_reason_and_the_next_choice_sends(floor):
    await floor.connect()
    accounts = floor.accounts()
    await accounts.choose(floor.shop.id, TYPE, SMS, STOQ)
    await restocked(floor, ANN)
    await floor.work(60)
    [row] = await floor.deliveries()
    assert (row.state, row.provider) == ("parked", "stoq")
    assert row.reason == PROVIDERS[STOQ].unavailable
    await accounts.choose(floor.shop.id, TYPE, SMS, KLAVIYO)
    await floor.work(60)
    await floor.backfill()
    await floor.work(120)
    assert floor.teller.phones == {ANN: 1}


async def test_what_waits_for_one_provider_follows_the_choice_of_another(floor):
    await restocked(floor, ANN)
    await floor.accounts().choose(floor.shop.id, TYPE, SMS, STOQ)
    assert [row.provider for row in await floor.deliveries()] == ["stoq"]


async def test_each_alert_type_and_medium_is_a_choice_of_its_own(floor):
    accounts = floor.accounts()
    await accounts.choose(floor.shop.id, TYPE, SMS, STOQ)
    settings = await accounts.choose(floor.shop.id, AlertType.BACK_IN_STOCK, EMAIL, STOQ)
    assert settings.sender(TYPE, SMS) is STOQ
    settings = await floor.choices.change(
        floor.shop.id, lambda now: now.sending(AlertType.PREORDER, SMS, KLAVIYO)
    )
    assert settings.sender(TYPE, SMS) is STOQ
    assert settings.sender(TYPE, EMAIL) is STOQ
    assert settings.sender(AlertType.PREORDER, SMS) is KLAVIYO
    assert settings.sender(AlertType.PREORDER, EMAIL) is STOQ


@pytest.mark.parametrize(
    ("medium", "provider", "code"),
    [(EMAIL, KLAVIYO, "NOT_CARRIED"), (SMS, POSTSCRIPT, "NOT_AVAILABLE"), (EMAIL, POSTSCRIPT, "NOT_CARRIED")],
)
async def test_what_cannot_be_chosen_is_refused_by_name(floor, medium, provider, code):
    with pytest.raises(InvalidInput) as caught:
        await floor.accounts().choose(floor.shop.id, TYPE, medium, provider)
    assert (caught.value.code, caught.value.field) == (code, "provider")


async def test_connecting_by_key_lets_the_provider_send_every_text_it_carries(floor):
    accounts = floor.accounts()
    await accounts.choose(floor.shop.id, TYPE, SMS, STOQ)
    await accounts.connect(floor.shop.id, KLAVIYO, "pk_1")
    assert (await floor.choices.of(floor.shop.id)).sender(TYPE, SMS) is KLAVIYO


async def test_a_provider_without_keys_cannot_be_connected_by_one(floor):
    with pytest.raises(InvalidInput):
        await floor.accounts().connect(floor.shop.id, POSTSCRIPT, "pk_1")
