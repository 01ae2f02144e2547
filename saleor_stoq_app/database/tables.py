"""Every table: what a row is, what makes it unique, and which questions have an index."""

from typing import Any

import sqlalchemy as sa

from saleor_stoq_app.database.times import Utc

metadata = sa.MetaData(
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "pk": "%(table_name)s_pkey",
    }
)

Id = sa.String(32)
SaleorId = sa.String(256)
Slug = sa.String(255)
Hash = sa.String(32)
Word = sa.String(64)
Subject = sa.String(640)  # room for a variant, a channel and a shop


def _shop_id() -> sa.Column[Any]:
    return sa.Column("shop_id", Id, sa.ForeignKey("shops.id"), nullable=False)


def _partial(name: str, *columns: "sa.Column[Any]", where: Any, unique: bool = False) -> None:
    """Index only the rows that are asked about."""
    sa.Index(name, *columns, unique=unique, sqlite_where=where, postgresql_where=where)


shops = sa.Table(
    "shops",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("public_key", Word, nullable=False, unique=True),
    sa.Column("saleor_api_url", sa.String(512), nullable=False, unique=True),
    sa.Column("app_id", SaleorId, nullable=False),
    sa.Column("token", sa.Text, nullable=False, comment="encrypted"),
    sa.Column("jwks", sa.JSON, nullable=False),
    sa.Column("schema_version", Word, nullable=False),
    sa.Column("status", Word, nullable=False, comment="active, paused or uninstalled"),
    sa.Column("ask_at", Utc, comment="when to ask Saleor whether the app still lives there"),
    sa.Column("ask_because", Word, comment="the event or refusal that raised the doubt"),
    sa.Column("plan", Word, comment="free, lite, pro or unlimited; null: the operator's default"),
    sa.Column("installed_at", Utc, nullable=False),
)

settings = sa.Table(
    "settings",
    metadata,
    sa.Column("shop_id", Id, sa.ForeignKey("shops.id"), primary_key=True),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
)

connections = sa.Table(
    "connections",
    metadata,
    sa.Column("id", Id, primary_key=True),
    _shop_id(),
    sa.Column("provider", Word, nullable=False),
    sa.Column("kind", Word, nullable=False, comment="api_key or oauth"),
    sa.Column("status", Word, nullable=False, comment="connected or disconnected"),
    sa.Column("credential", sa.Text, nullable=False, comment="encrypted: a key, a grant, or empty"),
    sa.Column("scopes", sa.JSON, nullable=False),
    sa.Column("account_id", Word, nullable=False),
    sa.Column("account_name", sa.Text, nullable=False),
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("problem", sa.Text, nullable=False, comment="what the merchant must mend, or empty"),
    sa.Column("connected_at", Utc, nullable=False),
    sa.Column("refreshed_at", Utc, comment="when its grant was last renewed; null: it has none"),
    sa.Column("refresh_lease", Id, comment="who renews the grant now"),
    sa.Column("refresh_until", Utc, comment="when that lease ends"),
    sa.UniqueConstraint("shop_id", "provider"),
)

oauth_tickets = sa.Table(
    "oauth_tickets",
    metadata,
    sa.Column("id", Id, primary_key=True),
    _shop_id(),
    sa.Column("provider", Word, nullable=False),
    sa.Column("staff", SaleorId, nullable=False, comment="the id of who asked"),
    sa.Column("step", Word, nullable=False, comment="minted, asked, exchanging or granted"),
    sa.Column("ticket", Hash, nullable=False, unique=True, comment="hash"),
    sa.Column("state", Hash, unique=True, comment="hash"),
    sa.Column("nonce", Hash, comment="hash of the browser's cookie"),
    sa.Column("secret", sa.Text, nullable=False, comment="encrypted: the verifier, then the grant"),
    sa.Column("replaces", Word, nullable=False, comment="the account that the question named as replaced"),
    sa.Column("expires_at", Utc, nullable=False),
)
sa.Index("oauth_tickets_expires", oauth_tickets.c.expires_at)

flow_setups = sa.Table(
    "flow_setups",
    metadata,
    sa.Column("shop_id", Id, sa.ForeignKey("shops.id"), primary_key=True),
    sa.Column("alert_type", Word, primary_key=True),
    sa.Column("medium", Word, primary_key=True),
    sa.Column("provider", Word, primary_key=True),
    sa.Column("method", Word, nullable=False, comment="automatic, manual or empty"),
    sa.Column("step", Word, nullable=False),
    sa.Column("generation", sa.Integer, nullable=False, comment="of the connection it was made for"),
    sa.Column("flows", sa.JSON, nullable=False, comment="per metric: ids, what is live and verified"),
    sa.Column("failure", sa.JSON(none_as_null=True), comment="why it stopped: step, code, reason, fix"),
    sa.Column("made", sa.JSON, nullable=False, comment="ids of the flows that we made"),
    sa.Column("tests", sa.JSON, nullable=False, comment="per flow: what became of its last test event"),
    sa.Column("waiting", sa.Text, nullable=False, comment="what a running set-up waits for, or empty"),
    sa.Column("contact", sa.Text, nullable=False, comment="encrypted: the merchant's own, for seeds"),
    sa.Column("due_at", Utc, comment="when to go on; null: nothing to do"),
    sa.Column("lease", Id, comment="who works on it"),
    sa.Column("progress_at", Utc, comment="when something was last learnt"),
    sa.Column("updated_at", Utc, nullable=False),
)

consent_texts = sa.Table(
    "consent_texts",
    metadata,
    sa.Column("shop_id", Id, sa.ForeignKey("shops.id"), primary_key=True),
    sa.Column("version", Hash, primary_key=True, comment="hash of locale and text"),
    sa.Column("locale", Word, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
)

signups = sa.Table(
    "signups",
    metadata,
    sa.Column("id", Id, primary_key=True),
    _shop_id(),
    sa.Column("variant_id", SaleorId, nullable=False),
    sa.Column("channel", Slug, nullable=False),
    sa.Column("medium", Word, nullable=False),
    sa.Column("contact", sa.Text, nullable=False, comment="encrypted: phone and name"),
    sa.Column("contact_hash", Hash, nullable=False),
    sa.Column("language", Word, nullable=False),
    sa.Column("country", sa.String(2), nullable=False),
    sa.Column("quantity", sa.Integer, nullable=False),
    sa.Column("source", Word, nullable=False),
    sa.Column("consent_version", Hash, nullable=False),
    sa.Column("consent_origin", sa.String(512), nullable=False),
    sa.Column("created_at", Utc, nullable=False),
    sa.Column("confirmed_at", Utc),
    sa.Column("proved_at", Utc, comment="when Saleor confirmed the variant and channel"),
    sa.Column("closed_at", Utc),
    sa.Column("closed_because", Word, comment="unsubscribed, converted, erased or not_sold"),
)
_partial(
    "signups_open_once",
    signups.c.shop_id,
    signups.c.variant_id,
    signups.c.channel,
    signups.c.medium,
    signups.c.contact_hash,
    unique=True,
    where=signups.c.closed_at.is_(None),
)
_partial(
    "signups_waiting",
    signups.c.shop_id,
    signups.c.variant_id,
    signups.c.channel,
    signups.c.id,
    where=signups.c.closed_at.is_(None),
)
sa.Index("signups_contact", signups.c.shop_id, signups.c.contact_hash)

watches = sa.Table(
    "watches",
    metadata,
    sa.Column("shop_id", Id, sa.ForeignKey("shops.id"), primary_key=True),
    sa.Column("variant_id", SaleorId, primary_key=True),
    sa.Column("channel", Slug, primary_key=True),
    sa.Column("facts", sa.JSON(none_as_null=True), comment="what the last look saw; null: never looked"),
    sa.Column("sellable", sa.Boolean, comment="as judged by the rules at the last look"),
    sa.Column("looked_at", Utc, comment="when the question of the last look was asked"),
    sa.Column("due_at", Utc, nullable=False),
    sa.Column("hints", sa.Integer, nullable=False),
    sa.Column("created_at", Utc, nullable=False),
)
sa.Index("watches_due", watches.c.shop_id, watches.c.due_at)

restocks = sa.Table(
    "restocks",
    metadata,
    sa.Column("id", Id, primary_key=True),
    _shop_id(),
    sa.Column("variant_id", SaleorId, nullable=False),
    sa.Column("channel", Slug, nullable=False),
    sa.Column("units", sa.Integer, comment="units seen at opening; null: not counted"),
    sa.Column("opened_at", Utc, nullable=False),
    sa.Column("joins_until", Utc, nullable=False),
    sa.Column("held", sa.Text, nullable=False, comment="why nobody is told yet, or empty"),
    sa.Column("cursor", Id, nullable=False, comment="last signup that got its delivery"),
    sa.Column("due_at", Utc, comment="when the next chunk is written; null: nothing to write"),
    sa.Column("closed_at", Utc),
)
_partial(
    "restocks_open_once",
    restocks.c.shop_id,
    restocks.c.variant_id,
    restocks.c.channel,
    unique=True,
    where=restocks.c.closed_at.is_(None),
)
sa.Index("restocks_due", restocks.c.shop_id, restocks.c.due_at)

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("shop_id", Id, sa.ForeignKey("shops.id"), primary_key=True),
    sa.Column("told_key", sa.String(255), primary_key=True),
    sa.Column("signup_id", Id),
    sa.Column("restock_id", Id),
    sa.Column("alert_type", Word, nullable=False),
    sa.Column("stage", Word, nullable=False),
    sa.Column("medium", Word, nullable=False),
    sa.Column("provider", Word, nullable=False),
    sa.Column("generation", sa.Integer, comment="of the connection it was handed to"),
    sa.Column("endpoint", Word, comment="stored before the call; null: surely never called"),
    sa.Column("state", Word, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("due_at", Utc, comment="when to work on it next; null: settled"),
    sa.Column("lease", Id, comment="who works on it"),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("called_at", Utc),
    sa.Column("created_at", Utc, nullable=False),
    sa.Column("settled_at", Utc),
)
_partial(
    "deliveries_due",
    deliveries.c.shop_id,
    deliveries.c.stage,
    deliveries.c.state,
    deliveries.c.due_at,
    where=deliveries.c.due_at.is_not(None),
)
_partial(
    "deliveries_parked", deliveries.c.shop_id, deliveries.c.provider, where=deliveries.c.state == "parked"
)
sa.Index("deliveries_signup", deliveries.c.signup_id)
sa.Index("deliveries_restock", deliveries.c.restock_id)

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("shop_id", Id, sa.ForeignKey("shops.id")),
    sa.Column("kind", Word, nullable=False),
    sa.Column("unique_key", Subject, nullable=False, unique=True),
    sa.Column("payload", sa.JSON, nullable=False),
    sa.Column("run_at", Utc, nullable=False),
    sa.Column("lease", Id),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("last_error", sa.Text, nullable=False),
)
sa.Index("jobs_due", jobs.c.run_at)

suppressions = sa.Table(
    "suppressions",
    metadata,
    sa.Column("shop_id", Id, sa.ForeignKey("shops.id"), primary_key=True),
    sa.Column("contact_hash", Hash, primary_key=True),
    sa.Column("medium", Word, primary_key=True),
    sa.Column("means", Word, nullable=False, comment="link, staff, stop or erased"),
    sa.Column("suppressed_at", Utc, nullable=False),
)

journal = sa.Table(
    "journal",
    metadata,
    sa.Column("id", Id, primary_key=True),
    _shop_id(),
    sa.Column("at", Utc, nullable=False),
    sa.Column("what", Word, nullable=False),
    sa.Column("subject", Subject, nullable=False),
    sa.Column("seen", sa.JSON, nullable=False, comment="the values that decided, never a contact"),
)
sa.Index("journal_subject", journal.c.shop_id, journal.c.subject, journal.c.at)

processes = sa.Table(
    "processes",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("role", Word, nullable=False),
    sa.Column("shares_redis", sa.Boolean, nullable=False),
    sa.Column("seen_at", Utc, nullable=False),
)

marks = sa.Table(
    "marks",
    metadata,
    sa.Column("name", Word, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
