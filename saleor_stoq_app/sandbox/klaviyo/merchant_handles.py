"""The handles for what a merchant, and people at Klaviyo, do in Klaviyo's own pages."""

from typing import Literal

from saleor_stoq_app.clock import Clock
from saleor_stoq_app.sandbox.klaviyo.account import Account
from saleor_stoq_app.sandbox.klaviyo.flows import Flow, FlowRules
from saleor_stoq_app.sandbox.klaviyo.senders import Sender, SenderStatus


class MerchantHandles:
    """Flows, metrics and numbers, changed by hand; a part of `SandboxKlaviyo`."""

    account: Account
    _clock: Clock
    _flow_rules: FlowRules

    def flows_named(self, name: str, *, account: Account | None = None) -> list[Flow]:
        """Return every flow of exactly that name, archived ones too."""
        return (account or self.account).flows.named(name)

    def rename_flow(self, flow: Flow, name: str) -> None:
        flow.name, flow.updated = name, self._clock.now()

    def archive_flow(self, flow: Flow, *, archived: bool = True) -> None:
        """Archive a flow, or restore it."""
        flow.archived, flow.updated = archived, self._clock.now()

    def switch_flow(self, flow: Flow, status: str, *, messages: str | None = None) -> None:
        """Set a flow's status, and that of its texts to `messages`, else to the same."""
        flow.switch(messages or status, self._clock.now())
        flow.status = status

    def delete_flow(self, flow: Flow, *, account: Account | None = None) -> None:
        del (account or self.account).flows.by_id[flow.id]

    def delete_metric(self, name: str, *, account: Account | None = None) -> None:
        """Delete every metric of that name, with its events; flows on it stay behind."""
        home = account or self.account
        gone = home.metrics.named(name)
        for metric in gone:
            home.metrics.remove(metric)
        home.timeline.drop(lambda event: event.metric in gone)

    def set_text_messaging(
        self, status: Literal["active", "disabled"] | None, *, account: Account | None = None
    ) -> None:
        """Switch an account's SMS on or off; None: it was never set up."""
        (account or self.account).text_messaging.status = status

    def add_sender(
        self, country: str, status: SenderStatus = "active", *, account: Account | None = None
    ) -> Sender:
        """Add a sending number beside those that are there."""
        return (account or self.account).text_messaging.add(country, status)

    @property
    def leaves_messages_draft(self) -> bool:
        """Whether switching a flow live through the API leaves its texts as drafts."""
        return self._flow_rules.leaves_messages_draft

    @leaves_messages_draft.setter
    def leaves_messages_draft(self, leaves: bool) -> None:
        self._flow_rules.leaves_messages_draft = leaves

    @property
    def transactional(self) -> Literal["grants", "reviews", "refuses"]:
        """What Klaviyo makes of a text that asks to be transactional: a review of a day, unless set."""
        return self._flow_rules.transactional

    @transactional.setter
    def transactional(self, ways: Literal["grants", "reviews", "refuses"]) -> None:
        self._flow_rules.transactional = ways
