"""An app as a shop keeps it: its token, its permissions, its webhooks and its problems."""

from dataclasses import dataclass, field

from saleor_stoq_app.sandbox.saleor.ids import global_id
from saleor_stoq_app.sandbox.saleor.problems import Problem
from saleor_stoq_app.sandbox.saleor.subscriptions import Subscription


@dataclass(eq=False, slots=True)
class Webhook:
    """Where and on what an app is called; `events` in upper case."""

    key: int
    name: str
    identifier: str | None
    target_url: str
    subscription: Subscription
    events: tuple[str, ...]
    is_active: bool = True
    custom_headers: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return global_id("Webhook", self.key)


@dataclass(eq=False, slots=True)
class InstalledApp:
    """One installation; a second one gets a new id and a new token.

    `token_answer` is the status that the app's register route gave: Saleor takes a 3xx for success,
    and the token is lost (saleor.md section 4).
    """

    key: int
    identifier: str
    name: str
    permissions: tuple[str, ...]
    token: str
    is_active: bool = True
    removed: bool = False
    token_answer: int | None = None
    webhooks: list[Webhook] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def id(self) -> str:
        return global_id("App", self.key)

    @property
    def alive(self) -> bool:
        return self.is_active and not self.removed
