"""The double of Klaviyo, with the handles that the demo and the tests turn."""

import random
from collections import Counter
from collections.abc import Iterable

from starlette.applications import Starlette
from starlette.routing import Mount

from saleor_stoq_app.clock import Clock
from saleor_stoq_app.sandbox.klaviyo import consent
from saleor_stoq_app.sandbox.klaviyo.account import SINGLE_OPT_IN, Account, ContactList, Delays, Key, Skip
from saleor_stoq_app.sandbox.klaviyo.door import Door
from saleor_stoq_app.sandbox.klaviyo.faults import Fault, Hold
from saleor_stoq_app.sandbox.klaviyo.flows import Flow, FlowRules, sms_definition
from saleor_stoq_app.sandbox.klaviyo.grants import Grants
from saleor_stoq_app.sandbox.klaviyo.limits import Limits
from saleor_stoq_app.sandbox.klaviyo.merchant_handles import MerchantHandles
from saleor_stoq_app.sandbox.klaviyo.metrics import API, Integration
from saleor_stoq_app.sandbox.klaviyo.oauth_desk import Desk
from saleor_stoq_app.sandbox.klaviyo.oauth_handles import OAuthHandles, app_ids
from saleor_stoq_app.sandbox.klaviyo.operations import ALL_SCOPES
from saleor_stoq_app.sandbox.klaviyo.schedule import Schedule
from saleor_stoq_app.sandbox.klaviyo.templates import check_template
from saleor_stoq_app.sandbox.klaviyo.timeline import Event
from saleor_stoq_app.sandbox.phones import Phones


class SandboxKlaviyo(OAuthHandles, MerchantHandles):
    """A stateful Klaviyo: `app` is its API and its OAuth pages, `account` the first account.

    `api_key` is a key for all of it.

    What is due happens at the next request, look or `settle`: it runs on any clock and needs no task.
    """

    def __init__(self, clock: Clock, phones: Phones, *, seed: int = 0, delays: Delays | None = None) -> None:
        self._clock = clock
        self._phones = phones
        self._rng = random.Random(seed)
        self._delays = delays or Delays()
        self._schedule = Schedule()
        self._flow_rules = FlowRules()
        self.accounts: list[Account] = []
        self.account = self.add_account("Sandbox Shop")
        self._app_ids = app_ids(seed)
        self._desk = Desk(Grants(random.Random(f"grants {seed}")), self.account)
        self._door = Door(clock, self._schedule, self._desk)
        self.api_key = self.add_key()
        self.app = Starlette(routes=[Mount("", app=self._door)])

    # What there is

    def add_account(self, name: str) -> Account:
        """Open another account: own profiles, metrics, flows and limits."""
        rng = random.Random(self._rng.getrandbits(64))
        account = Account(
            name, self._phones, self._schedule, self._delays, self._flow_rules, rng, self._clock.now()
        )
        self.accounts.append(account)
        return account

    def add_key(
        self,
        *,
        scopes: Iterable[str] = ALL_SCOPES,
        account: Account | None = None,
        integration: Integration = API,
    ) -> str:
        """Make an API key and return it."""
        secret = f"pk_{self._rng.getrandbits(136):034x}"
        self._door.keys[secret] = Key(secret, account or self.account, integration, set(scopes))
        return secret

    def revoke(self, key: str) -> None:
        del self._door.keys[key]

    def revoke_scope(self, key: str, scope: str) -> None:
        self._door.keys[key].scopes.discard(scope)

    def add_flow(  # noqa: PLR0913 - a flow has that many parts
        self,
        metric_name: str,
        *,
        body: str = "{{ event.title_incl_variant }} is back in stock: {{ event.purchase_link }}",
        name: str | None = None,
        status: str = "live",
        action_status: str = "live",
        smart_sending: bool = False,
        quiet_hours: bool = False,
        account: Account | None = None,
        integration: Integration = API,
    ) -> Flow:
        """Add a flow that texts `body`; its metric is there at once, as if it had had an event long ago.

        The metric is that of private keys, unless an app's `integration` is given.
        """
        check_template(body)
        home, now = account or self.account, self._clock.now()
        metric = home.metrics.ensure(integration, metric_name, now, listed_at=now)
        action_id = str(self._rng.randrange(10**8, 10**9))
        definition = sms_definition(
            metric.id,
            action_id,
            body,
            status=action_status,
            smart_sending=smart_sending,
            quiet_hours=quiet_hours,
        )
        flow = Flow(home.ids.short(), name or f"STOQ - {metric_name}", status, definition, now, now)
        return home.flows.add(flow)

    def add_list(
        self, name: str, *, opt_in_process: str = SINGLE_OPT_IN, account: Account | None = None
    ) -> ContactList:
        home = account or self.account
        contacts = ContactList(home.ids.short(), name, opt_in_process, self._clock.now())
        home.lists[contacts.id] = contacts
        return contacts

    def opt_in(self, phone: str, *, account: Account | None = None) -> None:
        """Let a person permit texts at once, without the API and its delay."""
        consent.opt_in(account or self.account, phone, self._clock.now())

    def reply(self, phone: str, text: str, *, account: Account | None = None) -> None:
        """Let a person answer a text: YES confirms a double opt-in, STOP ends every permission."""
        self.settle()
        consent.reply(account or self.account, phone, text, self._clock.now())

    # What happened

    def settle(self) -> None:
        """Do everything that is due by now."""
        self._schedule.settle(self._clock.now())

    def events(self, metric_name: str, *, account: Account | None = None) -> list[Event]:
        """Return the recorded events of every metric of that name, listed already or not."""
        self.settle()
        metrics = (account or self.account).metrics.named(metric_name)
        return [event for metric in metrics for event in metric.timeline.events]

    @property
    def skips(self) -> list[Skip]:
        """Texts that flows did not send, with Klaviyo's reasons."""
        self.settle()
        return [skip for account in self.accounts for skip in account.skips]

    @property
    def calls(self) -> Counter[str]:
        """How often each operation was asked for, by "POST /api/events"."""
        return self._door.calls

    @property
    def answers(self) -> Counter[tuple[str, int]]:
        """How often each operation answered with each status."""
        return self._door.answers

    # What goes wrong

    @property
    def limits(self) -> Limits | None:
        """The rate limits; None switches them off."""
        return self._door.limits

    @limits.setter
    def limits(self, limits: Limits | None) -> None:
        self._door.limits = limits

    def fail(self, path: str, fault: Fault, times: int = 1) -> None:
        """Let the next requests to a path ("/api/events" or "POST /api/events") go wrong."""
        self._door.faults.fail(path, fault, times)

    def hold(self, path: str, *, after_acting: bool = False) -> Hold:
        """Stop requests to a path before they act, or after it and before the answer."""
        return self._door.faults.hold(path, after_acting=after_acting)

    def swallow_bulk(self, times: int = 1) -> None:
        """Let the next bulk jobs vanish after their 202."""
        self._door.faults.swallow_bulk += times
