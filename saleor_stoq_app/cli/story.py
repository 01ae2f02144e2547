"""The story that the demo plays, told as it happens."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus

import orjson
import sqlalchemy as sa

from saleor_stoq_app.database.tables import deliveries
from saleor_stoq_app.deliveries.ledger import State
from saleor_stoq_app.events import AlertType, Stage
from saleor_stoq_app.http import NotReached
from saleor_stoq_app.providers.base import ProviderId
from saleor_stoq_app.providers.klaviyo.operations import REVISION
from saleor_stoq_app.saleor.shops import Shop
from saleor_stoq_app.sandbox.klaviyo import SandboxKlaviyo
from saleor_stoq_app.sandbox.phones import Phones
from saleor_stoq_app.sandbox.saleor import SandboxSaleor
from saleor_stoq_app.settings.models import Settings, Storefront
from saleor_stoq_app.setup.store import Place
from saleor_stoq_app.wiring import House

METRIC = "Back in stock SMS alert (STOQ)"
STOREFRONT = "https://www.acme.example"
CONSENT = "Text me when this is back in stock. Message and data rates may apply. Reply STOP to end."
SIGN_UP = (
    "mutation SignUp($input: SignUpInput!) { signUp(input: $input) { accepted errors { message fix } } }"
)
WAITING = {"Ada": "+14155550101", "Ben": "+14155550102", "Cleo": "+14155550103"}
PATIENT = {"Dan": "+14155550104"}
QUIET = 3.0
LONGEST = 30.0


class StoryFailed(Exception):
    """Something did not come out as it must."""


@dataclass(slots=True)
class Story:
    """Install, connect, sign up, restock; `play` tells whether every waiting phone got exactly one text."""

    house: House
    saleor: SandboxSaleor
    klaviyo: SandboxKlaviyo
    phones: Phones

    async def play(self) -> bool:
        """Play every act; False, with what went wrong printed, if the end is not as it must be."""
        try:
            shop = await self._install()
            await self._connect(shop)
            medium, large = self._stock()
            await self._sign_up(shop, medium, large)
            await self._restock(medium)
        except (StoryFailed, TimeoutError) as error:
            print(f"\nThis went wrong: {error or 'it took too long'}")
            return False
        return self._end()

    def invite(self) -> None:
        """Say what there is to look at until Ctrl-C."""
        config = self.house.config
        print(
            f"\nStill running:\n"
            f"  the app's manifest   {config.app_base_url}/api/manifest\n"
            f"  storefront GraphQL   {config.app_base_url}/storefront/graphql\n"
            f"  sandbox Saleor       {self.saleor.shop.api_url}\n"
            f"  sandbox Klaviyo      {config.klaviyo_api_url}\n"
            f"  what Klaviyo took    curl -H 'Authorization: Klaviyo-API-Key {self.klaviyo.api_key}'"
            f" -H 'revision: {REVISION}' {config.klaviyo_api_url}/api/events\n"
            "Ctrl-C ends it."
        )

    async def _install(self) -> Shop:
        _act("A merchant installs STOQ from its manifest, as the Saleor Dashboard does.")
        await self._until(self._answers, "the app to answer")
        await self.saleor.install(f"{self.house.config.app_base_url}/api/manifest")
        shop = await self.house.shops.by_url(self.saleor.shop.api_url)
        if shop is None:
            raise StoryFailed("the app does not know the shop")
        _line(f"Saleor {self.saleor.shop.version.schema} handed over a token; webhooks are in place.")
        return shop

    async def _answers(self) -> bool:
        url = f"{self.house.config.app_base_url}/health"
        try:
            return (await self.house.network.providers.request("GET", url)).status == HTTPStatus.OK
        except NotReached:
            return False

    async def _connect(self, shop: Shop) -> None:
        _act("The merchant connects Klaviyo, where a live flow stands on the metric.")
        flow = self.klaviyo.add_flow(METRIC)
        connection = await self.house.accounts.connect(shop.id, ProviderId.KLAVIYO, self.klaviyo.api_key)
        place = Place(shop.id, AlertType.BACK_IN_STOCK, ProviderId.KLAVIYO)
        await self.house.desk.verification.verify(place, "alert", flow.name)
        window = Storefront(origins=(STOREFRONT,), product_url=f"{STOREFRONT}/products/{{slug}}")

        def show(settings: Settings) -> Settings:
            return settings.model_copy(
                update={"shop_name": "Acme", "storefronts": {"default-channel": window}}
            )

        await self.house.accounts.change(shop.id, show)
        _line(f"Account {connection.account_name}; flow “{flow.name}” is {flow.status}.")

    def _stock(self) -> tuple[str, str]:
        shirt = self.saleor.add_product(
            "Floral Shirt",
            variants={"Medium": 0, "Large": 0},
            price="19.90",
            attributes={"brand": "Acme Mills"},
        )
        return shirt.variant_ids[0], shirt.variant_ids[1]

    async def _sign_up(self, shop: Shop, medium: str, large: str) -> None:
        _act("Floral Shirt is sold out. Shoppers ask on the storefront to be texted.")
        wishes = [(*one, medium) for one in WAITING.items()] + [(*one, large) for one in PATIENT.items()]
        for name, phone, variant in wishes:
            await self._ask(shop, name, phone, variant)
            _line(f"{name} waits for {'Medium' if variant == medium else 'Large'} at {phone}.")
        _line("Their consent goes to Klaviyo, which applies it one to three minutes later …")
        await self._until(self._consented, "Klaviyo to apply the consents")
        _line("… and it is read back. Nobody was texted.")

    async def _ask(self, shop: Shop, name: str, phone: str, variant: str) -> None:
        wish = {
            "shop": shop.public_key,
            "channel": "default-channel",
            "variant": variant,
            "phone": phone,
            "name": name,
            "country": "US",
            "language": "en",
            "consentText": CONSENT,
            "consentGiven": True,
        }
        answer = await self.house.network.providers.request(
            "POST",
            f"{self.house.config.app_base_url}/storefront/graphql",
            headers={"Content-Type": "application/json", "Origin": STOREFRONT},
            content=orjson.dumps({"query": SIGN_UP, "variables": {"input": wish}}),
        )
        payload = answer.json()["data"]["signUp"]
        if not payload["accepted"]:
            raise StoryFailed(f"{name} could not sign up: {payload['errors']}")

    async def _consented(self) -> bool:
        wanted = sa.select(sa.func.count()).where(
            deliveries.c.stage == Stage.CONSENT, deliveries.c.state == State.ACCEPTED
        )
        done = await self.house.database.read(lambda conn: conn.scalar(wanted))
        return done == len(WAITING | PATIENT)

    async def _restock(self, medium: str) -> None:
        _act("Medium comes back: somebody sets its stock from 0 to 10, and saves the page twice.")
        for _ in range(2):
            self.saleor.stock.save_variant_page(medium, 10)
        _line("Saleor sends its webhooks, several for the one change; the app looks for itself.")
        await self._until(self._texted, "the texts")
        await asyncio.sleep(QUIET)

    async def _texted(self) -> bool:
        self.klaviyo.settle()
        return all(self.phones.inbox(phone) for phone in WAITING.values())

    async def _until(self, holds: Callable[[], Awaitable[bool]], what: str) -> None:
        """Wait up to half a minute for something to become true."""
        try:
            async with asyncio.timeout(LONGEST):
                while not await holds():  # noqa: ASYNC110 - the doubles tell nobody when they are done
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise StoryFailed(f"waited {LONGEST:.0f} seconds for {what}") from None

    def _end(self) -> bool:
        """Show every phone; say whether each got what it should."""
        self.klaviyo.settle()
        _act("What each phone received:")
        right = []
        for name, phone in (WAITING | PATIENT).items():
            texts = self.phones.inbox(phone)
            right.append(len(texts) == (name in WAITING))
            said = " / ".join(text.body for text in texts) or "nothing, for Large is still sold out"
            print(f"  {'✓' if right[-1] else '✗'} {name:5} {phone}  {said}")
        print("\nEvery waiting phone got exactly one text." if all(right) else "\nThat is not right.")
        return all(right)


def _act(title: str) -> None:
    print(f"\n\N{BLACK RIGHT-POINTING SMALL TRIANGLE} {title}", flush=True)


def _line(text: str) -> None:
    print(f"  {text}", flush=True)
