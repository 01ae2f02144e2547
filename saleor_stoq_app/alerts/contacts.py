"""Opens and seals the contacts of signups; they are plain nowhere else."""

from collections.abc import Mapping, Sequence

import orjson
import sqlalchemy as sa

from saleor_stoq_app.alerts.variables import country_name
from saleor_stoq_app.database.engine import Database
from saleor_stoq_app.database.tables import signups
from saleor_stoq_app.events import Recipient
from saleor_stoq_app.secrets import Vault


class Contacts:
    """Phones and names, encrypted at rest and found again by a keyed hash."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def seal(self, phone: str, name: str) -> str:
        return self._vault.seal(orjson.dumps({"phone": phone, "name": name}).decode())

    def hash(self, shop_id: str, phone: str) -> str:
        return self._vault.hash(shop_id, phone)

    def recipient(self, sealed: str, language: str, country: str) -> Recipient:
        kept = orjson.loads(self._vault.open(sealed))
        return Recipient(kept["phone"], kept["name"], language, country_name(country, language))

    async def phones(self, shop_id: str, signup_ids: Sequence[str]) -> Mapping[str, str]:
        """Return the E.164 phone of each of these signups."""
        wanted = sa.select(signups.c.id, signups.c.contact).where(
            signups.c.shop_id == shop_id, signups.c.id.in_(signup_ids)
        )
        rows = await self._database.read(lambda connection: connection.execute(wanted).all())
        return {row.id: orjson.loads(self._vault.open(row.contact))["phone"] for row in rows}
