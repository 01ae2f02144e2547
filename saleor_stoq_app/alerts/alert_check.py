"""The check of an alert: still wanted, in time, consented and sellable, asked right before it leaves."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from saleor_stoq_app.alerts import eligibility, records, variables, watches
from saleor_stoq_app.alerts.contacts import Contacts
from saleor_stoq_app.alerts.eligibility import Asked
from saleor_stoq_app.alerts.sellable import sellable
from saleor_stoq_app.clock import Clock
from saleor_stoq_app.database.engine import Database
from saleor_stoq_app.deliveries.checks import Later, Stop, Tell, Verdict
from saleor_stoq_app.deliveries.ledger import Claimed, State
from saleor_stoq_app.errors import StoqError
from saleor_stoq_app.events import AlertType, Medium, Message, Stage
from saleor_stoq_app.log import get
from saleor_stoq_app.saleor.availability import Availability, Content, Look
from saleor_stoq_app.saleor.shops import Shop
from saleor_stoq_app.settings.carriers import Carrier
from saleor_stoq_app.settings.choices import Choices
from saleor_stoq_app.settings.models import BackInStockRules, Settings, Storefront

log = get(__name__)

GONE = Stop(State.CANCELLED, "The signup was erased.")


class AlertCheck:
    """Answers for back-in-stock alerts."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        choices: Choices,
        availability: Availability,
        contacts: Contacts,
    ) -> None:
        self._database = database
        self._clock = clock
        self._choices = choices
        self._availability = availability
        self._contacts = contacts

    async def phones(self, shop_id: str, signup_ids: Sequence[str]) -> Mapping[str, str]:
        return await self._contacts.phones(shop_id, signup_ids)

    async def verdicts(
        self, shop: Shop, carrier: Carrier, claimed: Sequence[Claimed]
    ) -> Mapping[str, Verdict]:
        """Return a verdict for every told_key, from our records first and Saleor last."""
        settings = await self._choices.of(shop.id)
        keys = [one.told_key for one in claimed]
        asked = await self._database.read(lambda conn: records.read(conn, shop.id, keys))
        now = self._clock.now()
        known = {one.told_key: _known(one, carrier, settings.back_in_stock, now) for one in asked}
        open_ones = [one for one in asked if known[one.told_key] is None]
        settled = {key: verdict for key, verdict in known.items() if verdict is not None}
        return dict.fromkeys(keys, GONE) | settled | await self._sellable(shop, settings, open_ones)

    async def _sellable(self, shop: Shop, settings: Settings, asked: Sequence[Asked]) -> dict[str, Verdict]:
        by_channel: dict[str, list[Asked]] = defaultdict(list)
        for one in asked:
            by_channel[one.channel].append(one)
        verdicts: dict[str, Verdict] = {}
        for channel, group in by_channel.items():
            looks = await self._looks(shop, settings, channel, group)
            writer = Writer(settings, channel, self._contacts)
            verdicts |= {one.told_key: writer.verdict(one, looks.get(one.variant_id)) for one in group}
        await self._look_again(shop, [one for one in asked if verdicts[one.told_key] is eligibility.NOT_NOW])
        return verdicts

    async def _looks(
        self, shop: Shop, settings: Settings, channel: str, group: Sequence[Asked]
    ) -> Mapping[str, Look]:
        wanted = sorted({one.variant_id for one in group})
        try:
            return await self._availability.look(shop, channel, wanted, preorder_key=settings.preorder_key)
        except StoqError as error:
            log.warning("check.unanswered", shop=shop.id, alerts=len(group), error=error.code)
            return {}

    async def _look_again(self, shop: Shop, not_now: Sequence[Asked]) -> None:
        """Let the watch find out at once whether its restock is over."""
        variant_ids = sorted({one.variant_id for one in not_now})
        now = self._clock.now()
        if variant_ids:
            await self._database.write(lambda conn: watches.hint(conn, shop.id, variant_ids, now))


def _known(asked: Asked, carrier: Carrier, rules: BackInStockRules, now: datetime) -> Stop | Later | None:
    """Say what our own records decide without asking Saleor."""
    early = eligibility.unwanted(asked) or eligibility.untimely(asked, rules, now)
    if early or not carrier.spec.keeps_consent:
        return early
    return eligibility.unconsented(asked, carrier.connection.generation, now)


class Writer:
    """Writes the messages of one channel, with the parts that shoppers share made once."""

    def __init__(self, settings: Settings, channel: str, contacts: Contacts) -> None:
        self._settings = settings
        self._channel = channel
        self._storefront = settings.storefronts.get(channel)
        self._contacts = contacts
        self._shared: dict[tuple[str, str], dict[str, str]] = {}

    def verdict(self, asked: Asked, look: Look | None) -> Verdict:
        facts = look.facts if look else None
        is_sellable = sellable(facts, self._settings.back_in_stock)
        if refusal := eligibility.unsellable(facts, is_sellable=is_sellable):
            return refusal
        if self._storefront is None:
            return Stop(State.PARKED, f"No storefront address is set for the channel {self._channel}.")
        if look is None or look.content is None:
            return eligibility.SILENT
        return Tell(self._message(asked, self._product(asked, look.content, self._storefront)))

    def _product(self, asked: Asked, content: Content, storefront: Storefront) -> dict[str, str]:
        key = (asked.variant_id, asked.language)
        if key not in self._shared:
            self._shared[key] = variables.of_product(
                content, self._settings, storefront, channel=self._channel, language=asked.language
            )
        return self._shared[key]

    def _message(self, asked: Asked, product: dict[str, str]) -> Message:
        recipient = self._contacts.recipient(asked.contact, asked.language, asked.country)
        return Message(
            key=asked.told_key,
            alert_type=AlertType.BACK_IN_STOCK,
            stage=Stage.ALERT,
            medium=Medium.SMS,
            recipient=recipient,
            variables=product | variables.of_customer(recipient),
        )
