"""From `Allow` to the first text, with the double of Klaviyo: connect, seed, create, activate, send."""

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr

from saleor_stoq_app.config import Config
from saleor_stoq_app.errors import NeedsMerchant, Retryable, Unknown
from saleor_stoq_app.events import Stage
from saleor_stoq_app.providers.base import Accepted, Batch, Connection, Gone, MissingScopes, SmsSwitch
from saleor_stoq_app.providers.klaviyo import SPEC
from saleor_stoq_app.providers.klaviyo.flow_table import ALERT, PREORDER, REMINDER_1
from saleor_stoq_app.providers.klaviyo.oauth import new_verifier
from saleor_stoq_app.sandbox.klaviyo import SandboxKlaviyo, drop, error, html, throttle
from tests.providers.messages import alert, phone, sent

CALLBACK = "https://stoq.example/oauth/klaviyo/callback"
MERCHANT = "owner@shop.example"
PATIENCE = 40


class KeptGrant:
    """Keeps one grant, and renews it when its token is refused."""

    def __init__(self, oauth, grant):
        self.oauth, self.grant = oauth, grant

    async def token(self, connection, *, refused=""):
        assert connection.kind == "oauth"
        if refused == self.grant.access:
            self.grant = await self.oauth.refresh(self.grant)
        return self.grant.access


@pytest.fixture
def sandbox(clock, phones):
    return SandboxKlaviyo(clock, phones)


@pytest.fixture
def app(sandbox):
    return sandbox.add_app("stoq", "secret", [CALLBACK], "STOQ for Saleor")


@pytest.fixture
def oauth(tools, app):
    config = Config(klaviyo_client_id="stoq", klaviyo_client_secret=SecretStr("secret"))
    return SPEC.oauth(replace(tools, config=config))


@pytest.fixture
async def grant(oauth, sandbox):
    verifier = new_verifier()
    asked = oauth.authorize_url(redirect_uri=CALLBACK, state="s", verifier=verifier)
    code = parse_qs(urlsplit(sandbox.allow(asked)).query)["code"][0]
    return await oauth.exchange(code, verifier=verifier, redirect_uri=CALLBACK)


@pytest.fixture
def kept(oauth, grant):
    return KeptGrant(oauth, grant)


@pytest.fixture
def tools_with_tokens(tools, kept):
    return replace(tools, tokens=kept)


@pytest.fixture
async def connection(oauth, grant):
    account = await oauth.account(grant)
    return Connection("c", "s", "oauth", "", account.scopes, account.id, account.name, 1)


@pytest.fixture
def flows(tools_with_tokens, connection):
    return SPEC.flows(tools_with_tokens, connection)


async def metric_of(flows, clock, template):
    """Seed, then ask until the metric is listed."""
    await flows.seed(template.metric, dict.fromkeys(template.variables, "sample"), MERCHANT)
    for _ in range(PATIENCE):
        if metric := await flows.metric_id(template.metric):
            return metric
        clock.advance(10)
    raise AssertionError("the metric was never listed")


async def test_the_connection_is_the_merchants_account_with_all_scopes(connection, sandbox):
    assert connection.account_id == sandbox.account.id
    assert connection.account_name == "Sandbox Shop"
    assert connection.scopes == set(SPEC.scopes)


@pytest.mark.parametrize("template", [ALERT, REMINDER_1, PREORDER], ids=lambda each: each.key)
async def test_every_flow_is_made_as_the_double_takes_it(flows, clock, sandbox, template):
    metric = await metric_of(flows, clock, template)
    assert await flows.flows_on(metric) == []

    made = await flows.create(template.plan(metric))
    live = await flows.activate(made.id)

    (flow,) = sandbox.flows_named(template.name)
    assert flow.id == made.id == live.id
    assert live.texts
    assert live.metric_id == metric
    assert await flows.flows_on(metric) == [live]


async def test_a_shopper_is_texted_by_the_flow_that_was_made(
    flows, clock, sandbox, phones, tools_with_tokens, connection
):
    metric = await metric_of(flows, clock, ALERT)
    await flows.activate((await flows.create(ALERT.plan(metric))).id)
    sandbox.opt_in(phone(1))

    results = await SPEC.build(tools_with_tokens, connection).send(Batch("single", 1), [alert(1)])
    clock.advance(86_400)
    sandbox.settle()

    assert set(results.values()) == {Accepted()}
    assert sandbox.skips == []
    (text,) = phones.inbox(phone(1))
    assert "title_incl_variant 1 is back in stock: purchase_link 1" in text.body
    assert phones.total() == 1


async def test_many_alerts_of_an_app_are_read_back_in_its_own_metric(
    flows, clock, sandbox, tools_with_tokens, connection
):
    sandbox.add_flow(ALERT.metric)  # the metric of an earlier private key
    await metric_of(flows, clock, ALERT)
    klaviyo = SPEC.build(tools_with_tokens, connection)
    called_at = clock.now()
    await klaviyo.send(Batch("bulk", 60), [alert(number) for number in range(60)])
    clock.advance(300)

    proof = await klaviyo.read_back(Stage.ALERT, [sent(alert(number), called_at) for number in range(60)])

    assert set(proof.values()) == {Accepted()}


async def test_a_flow_on_an_earlier_keys_metric_is_not_on_ours(flows, clock, sandbox):
    old = sandbox.add_flow(ALERT.metric)

    metric = await metric_of(flows, clock, ALERT)

    assert metric != old.metric_id
    assert await flows.flows_on(metric) == []
    (found,) = await flows.flows_named(ALERT.name)
    assert (found.id, found.metric_id) == (old.id, old.metric_id)


async def test_what_klaviyo_makes_of_transactional_and_of_drafts_shows(flows, clock, sandbox):
    sandbox.transactional = "refuses"
    sandbox.leaves_messages_draft = True
    metric = await metric_of(flows, clock, PREORDER)

    state = await flows.activate((await flows.create(PREORDER.plan(metric))).id)

    (text,) = state.messages
    assert (state.is_live, state.texts, text.status, text.transactional) == (True, False, "draft", False)


async def test_a_dropped_answer_leaves_one_flow_that_is_found(flows, clock, sandbox):
    metric = await metric_of(flows, clock, ALERT)
    sandbox.fail("POST /api/flows", drop(acts=True))

    with pytest.raises(Unknown):
        await flows.create(ALERT.plan(metric))

    assert len(await flows.flows_on(metric)) == len(sandbox.flows_named(ALERT.name)) == 1


@pytest.mark.parametrize("fault", [throttle(60), error(503), html()])
async def test_trouble_in_activation_may_be_tried_again(flows, clock, sandbox, fault):
    metric = await metric_of(flows, clock, ALERT)
    made = await flows.create(ALERT.plan(metric))
    sandbox.fail("PATCH /api/flows/{id}", fault)

    with pytest.raises(Retryable):
        await flows.activate(made.id)
    clock.advance(60)
    assert (await flows.activate(made.id)).texts


async def test_a_deleted_flow_and_a_deleted_metric_are_gone(flows, clock, sandbox):
    metric = await metric_of(flows, clock, ALERT)
    made = await flows.create(ALERT.plan(metric))
    sandbox.delete_flow(sandbox.flows_named(ALERT.name)[0])
    with pytest.raises(Gone):
        await flows.activate(made.id)

    sandbox.delete_metric(ALERT.metric)
    with pytest.raises(Gone):
        await flows.flows_on(metric)
    with pytest.raises(Gone):
        await flows.create(ALERT.plan(metric))
    assert await metric_of(flows, clock, ALERT) != metric


@pytest.mark.parametrize("name", ["Zurück 🎉", 'The "big" one', "It's back", "a\\b", "x" * 255, '"'])
async def test_strange_names_are_found(flows, sandbox, name):
    flow = sandbox.add_flow(ALERT.metric, name=name)
    sandbox.add_flow(ALERT.metric, name=f"{name}!"[-255:])

    assert [state.id for state in await flows.flows_named(name)] == [flow.id]


async def test_a_hundred_flows_of_one_name_are_found(flows, clock, sandbox):
    made = {sandbox.add_flow(ALERT.metric).id for _ in range(100)}

    assert {state.id for state in await flows.flows_named(ALERT.name)} == made


async def test_a_flow_is_paused_and_deleted(flows, clock, sandbox):
    flow = sandbox.add_flow(ALERT.metric)

    await flows.pause(flow.id)
    assert flow.status == "draft"
    await flows.delete(flow.id)
    await flows.delete(flow.id)
    assert sandbox.flows_named(ALERT.name) == []


async def test_fewer_scopes_are_named_when_they_are_missed(oauth, sandbox, tools, app):
    sandbox.withheld_scopes = {"flows:write", "sender-config:read"}
    verifier = new_verifier()
    asked = oauth.authorize_url(redirect_uri=CALLBACK, state="s", verifier=verifier)
    code = parse_qs(urlsplit(sandbox.allow(asked)).query)["code"][0]
    grant = await oauth.exchange(code, verifier=verifier, redirect_uri=CALLBACK)
    account = await oauth.account(grant)
    connection = Connection("c", "s", "oauth", "", account.scopes, account.id, account.name, 1)
    tools = replace(tools, tokens=KeptGrant(oauth, grant))

    with pytest.raises(MissingScopes) as caught:
        await SPEC.flows(tools, connection).pause("T23ivh")

    assert caught.value.scopes == ("flows:write",)
    assert list(SPEC.costs_of(connection)) == ["flows:write", "sender-config:read"]
    assert (await SPEC.sms(tools, connection)).switch is SmsSwitch.UNKNOWN


@pytest.mark.parametrize("rotates", [True, False])
async def test_an_hour_later_the_token_is_renewed_in_passing(flows, clock, sandbox, kept, grant, rotates):
    sandbox.rotates_refresh_tokens = rotates
    clock.advance(3601)

    assert await flows.near(ALERT.name) == []
    assert kept.grant.access != grant.access


async def test_an_app_that_was_uninstalled_must_be_connected_again(flows, sandbox, app):
    sandbox.uninstall(app)

    with pytest.raises(NeedsMerchant) as caught:
        await flows.near(ALERT.name)
    assert caught.value.code == "RECONNECT"


async def test_a_grant_that_is_given_back_ends_the_connection(flows, oauth, grant):
    await oauth.revoke(grant)
    await oauth.revoke(grant)

    with pytest.raises(NeedsMerchant):
        await flows.near(ALERT.name)


async def test_the_double_shows_whether_texts_leave(sandbox, tools_with_tokens, connection, clock):
    async def switch():
        clock.advance(1)
        return (await SPEC.sms(tools_with_tokens, connection)).switch

    assert await switch() is SmsSwitch.ON
    sandbox.set_text_messaging("disabled")
    assert await switch() is SmsSwitch.OFF
    sandbox.set_text_messaging(None)
    assert await switch() is SmsSwitch.OFF


async def test_a_key_sets_flows_up_too_as_far_as_klaviyo_lets_it(sandbox, tools, clock):
    account = await SPEC.probe(tools, sandbox.api_key)
    connection = Connection("c", "s", "api_key", sandbox.api_key, account.scopes, account.id, account.name, 1)
    flows = SPEC.flows(tools, connection)

    metric = await metric_of(flows, clock, ALERT)

    assert (await flows.create(ALERT.plan(metric))).metric_id == metric
