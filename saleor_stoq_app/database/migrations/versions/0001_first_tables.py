"""First tables."""

import sqlalchemy as sa
from alembic import op


revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('marks',
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('marks_pkey'))
    )
    op.create_table('processes',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('role', sa.String(length=64), nullable=False),
    sa.Column('shares_redis', sa.Boolean(), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('processes_pkey'))
    )
    op.create_table('shops',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('public_key', sa.String(length=64), nullable=False),
    sa.Column('saleor_api_url', sa.String(length=512), nullable=False),
    sa.Column('app_id', sa.String(length=256), nullable=False),
    sa.Column('token', sa.Text(), nullable=False, comment='encrypted'),
    sa.Column('jwks', sa.JSON(), nullable=False),
    sa.Column('schema_version', sa.String(length=64), nullable=False),
    sa.Column('status', sa.String(length=64), nullable=False, comment='active, paused or uninstalled'),
    sa.Column('ask_at', sa.DateTime(timezone=True), nullable=True, comment='when to ask Saleor whether the app still lives there'),
    sa.Column('ask_because', sa.String(length=64), nullable=True, comment='the event or refusal that raised the doubt'),
    sa.Column('plan', sa.String(length=64), nullable=True, comment="free, lite, pro or unlimited; null: the operator's default"),
    sa.Column('installed_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('shops_pkey')),
    sa.UniqueConstraint('public_key', name=op.f('shops_public_key_key')),
    sa.UniqueConstraint('saleor_api_url', name=op.f('shops_saleor_api_url_key'))
    )
    op.create_table('connections',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('shop_id', sa.String(length=32), nullable=False),
    sa.Column('provider', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.String(length=64), nullable=False, comment='api_key or oauth'),
    sa.Column('status', sa.String(length=64), nullable=False, comment='connected or disconnected'),
    sa.Column('credential', sa.Text(), nullable=False, comment='encrypted: a key, a grant, or empty'),
    sa.Column('scopes', sa.JSON(), nullable=False),
    sa.Column('account_id', sa.String(length=64), nullable=False),
    sa.Column('account_name', sa.Text(), nullable=False),
    sa.Column('generation', sa.Integer(), nullable=False),
    sa.Column('problem', sa.Text(), nullable=False, comment='what the merchant must mend, or empty'),
    sa.Column('connected_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('refreshed_at', sa.DateTime(timezone=True), nullable=True, comment='when its grant was last renewed; null: it has none'),
    sa.Column('refresh_lease', sa.String(length=32), nullable=True, comment='who renews the grant now'),
    sa.Column('refresh_until', sa.DateTime(timezone=True), nullable=True, comment='when that lease ends'),
    sa.ForeignKeyConstraint(['shop_id'], ['shops.id'], name=op.f('connections_shop_id_fkey')),
    sa.PrimaryKeyConstraint('id', name=op.f('connections_pkey')),
    sa.UniqueConstraint('shop_id', 'provider', name=op.f('connections_shop_id_provider_key'))
    )
    op.create_table('consent_texts',
    sa.Column('shop_id', sa.String(length=32), nullable=False),
    sa.Column('version', sa.String(length=32), nullable=False, comment='hash of locale and text'),
    sa.Column('locale', sa.String(length=64), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['shop_id'], ['shops.id'], name=op.f('consent_texts_shop_id_fkey')),
    sa.PrimaryKeyConstraint('shop_id', 'version', name=op.f('consent_texts_pkey'))
    )
    op.create_table('deliveries',
    sa.Column('shop_id', sa.String(length=32), nullable=False),
    sa.Column('told_key', sa.String(length=255), nullable=False),
    sa.Column('signup_id', sa.String(length=32), nullable=True),
    sa.Column('restock_id', sa.String(length=32), nullable=True),
    sa.Column('alert_type', sa.String(length=64), nullable=False),
    sa.Column('stage', sa.String(length=64), nullable=False),
    sa.Column('medium', sa.String(length=64), nullable=False),
    sa.Column('provider', sa.String(length=64), nullable=False),
    sa.Column('generation', sa.Integer(), nullable=True, comment='of the connection it was handed to'),
    sa.Column('endpoint', sa.String(length=64), nullable=True, comment='stored before the call; null: surely never called'),
    sa.Column('state', sa.String(length=64), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True, comment='when to work on it next; null: settled'),
    sa.Column('lease', sa.String(length=32), nullable=True, comment='who works on it'),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('called_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['shop_id'], ['shops.id'], name=op.f('deliveries_shop_id_fkey')),
    sa.PrimaryKeyConstraint('shop_id', 'told_key', name=op.f('deliveries_pkey'))
    )
    with op.batch_alter_table('deliveries', schema=None) as batch_op:
        batch_op.create_index('deliveries_due', ['shop_id', 'stage', 'state', 'due_at'], unique=False, sqlite_where=sa.text('due_at IS NOT NULL'), postgresql_where=sa.text('due_at IS NOT NULL'))
        batch_op.create_index('deliveries_parked', ['shop_id', 'provider'], unique=False, sqlite_where=sa.text("state = 'parked'"), postgresql_where=sa.text("state = 'parked'"))
        batch_op.create_index('deliveries_restock', ['restock_id'], unique=False)
        batch_op.create_index('deliveries_signup', ['signup_id'], unique=False)

    op.create_table('flow_setups',
    sa.Column('shop_id', sa.String(length=32), nullable=False),
    sa.Column('alert_type', sa.String(length=64), nullable=False),
    sa.Column('medium', sa.String(length=64), nullable=False),
    sa.Column('provider', sa.String(length=64), nullable=False),
    sa.Column('method', sa.String(length=64), nullable=False, comment='automatic, manual or empty'),
    sa.Column('step', sa.String(length=64), nullable=False),
    sa.Column('generation', sa.Integer(), nullable=False, comment='of the connection it was made for'),
    sa.Column('flows', sa.JSON(), nullable=False, comment='per metric: ids, what is live and verified'),
    sa.Column('failure', sa.JSON(none_as_null=True), nullable=True, comment='why it stopped: step, code, reason, fix'),
    sa.Column('made', sa.JSON(), nullable=False, comment='ids of the flows that we made'),
    sa.Column('tests', sa.JSON(), nullable=False, comment='per flow: what became of its last test event'),
    sa.Column('waiting', sa.Text(), nullable=False, comment='what a running set-up waits for, or empty'),
    sa.Column('contact', sa.Text(), nullable=False, comment="encrypted: the merchant's own, for seeds"),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True, comment='when to go on; null: nothing to do'),
    sa.Column('lease', sa.String(length=32), nullable=True, comment='who works on it'),
    sa.Column('progress_at', sa.DateTime(timezone=True), nullable=True, comment='when something was last learnt'),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['shop_id'], ['shops.id'], name=op.f('flow_setups_shop_id_fkey')),
    sa.PrimaryKeyConstraint('shop_id', 'alert_type', 'medium', 'provider', name=op.f('flow_setups_pkey'))
    )
    op.create_table('jobs',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('shop_id', sa.String(length=32), nullable=True),
    sa.Column('kind', sa.String(length=64), nullable=False),
    sa.Column('unique_key', sa.String(length=640), nullable=False),
    sa.Column('payload', sa.JSON(), nullable=False),
    sa.Column('run_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('lease', sa.String(length=32), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('last_error', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['shop_id'], ['shops.id'], name=op.f('jobs_shop_id_fkey')),
    sa.PrimaryKeyConstraint('id', name=op.f('jobs_pkey')),
    sa.UniqueConstraint('unique_key', name=op.f('jobs_unique_key_key'))
    )
    with op.batch_alter_table('jobs', schema=None) as batch_op:
        batch_op.create_index('jobs_due', ['run_at'], unique=False)

    op.create_table('journal',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('shop_id', sa.String(length=32), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('what', sa.String(length=64), nullable=False),
    sa.Column('subject', sa.String(length=640), nullable=False),
    sa.Column('seen', sa.JSON(), nullable=False, comment='the values that decided, never a contact'),
    sa.ForeignKeyConstraint(['shop_id'], ['shops.id'], name=op.f('journal_shop_id_fkey')),
    sa.PrimaryKeyConstraint('id', name=op.f('journal_pkey'))
    )
    with op.batch_alter_table('journal', schema=None) as batch_op:
        batch_op.create_index('journal_subject', ['shop_id', 'subject', 'at'], unique=False)

    op.create_table('oauth_tickets',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('shop_id', sa.String(length=32), nullable=False),
    sa.Column('provider', sa.String(length=64), nullable=False),
    sa.Column('staff', sa.String(length=256), nullable=False, comment='the id of who asked'),
    sa.Column('step', sa.String(length=64), nullable=False, comment='minted, asked, exchanging or granted'),
    sa.Column('ticket', sa.String(length=32), nullable=False, comment='hash'),
    sa.Column('state', sa.String(length=32), nullable=True, comment='hash'),
    sa.Column('nonce', sa.String(length=32), nullable=True, comment="hash of the browser's cookie"),
    sa.Column('secret', sa.Text(), nullable=False, comment='encrypted: the verifier, then the grant'),
    sa.Column('replaces', sa.String(length=64), nullable=False, comment='the account that the question named as replaced'),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['shop_id'], ['shops.id'], name=op.f('oauth_tickets_shop_id_fkey')),
    sa.PrimaryKeyConstraint('id', name=op.f('oauth_tickets_pkey')),
    sa.UniqueConstraint('state', name=op.f('oauth_tickets_state_key')),
    sa.UniqueConstraint('ticket', name=op.f('oauth_tickets_ticket_key'))
    )
    with op.batch_alter_table('oauth_tickets', schema=None) as batch_op:
        batch_op.create_index('oauth_tickets_expires', ['expires_at'], unique=False)

    op.create_table('restocks',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('shop_id', sa.String(length=32), nullable=False),
    sa.Column('variant_id', sa.String(length=256), nullable=False),
    sa.Column('channel', sa.String(length=255), nullable=False),
    sa.Column('units', sa.Integer(), nullable=True, comment='units seen at opening; null: not counted'),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('joins_until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('held', sa.Text(), nullable=False, comment='why nobody is told yet, or empty'),
    sa.Column('cursor', sa.String(length=32), nullable=False, comment='last signup that got its delivery'),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True, comment='when the next chunk is written; null: nothing to write'),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['shop_id'], ['shops.id'], name=op.f('restocks_shop_id_fkey')),
    sa.PrimaryKeyConstraint('id', name=op.f('restocks_pkey'))
    )
    with op.batch_alter_table('restocks', schema=None) as batch_op:
        batch_op.create_index('restocks_due', ['shop_id', 'due_at'], unique=False)
        batch_op.create_index('restocks_open_once', ['shop_id', 'variant_id', 'channel'], unique=True, sqlite_where=sa.text('closed_at IS NULL'), postgresql_where=sa.text('closed_at IS NULL'))

    op.create_table('settings',
    sa.Column('shop_id', sa.String(length=32), nullable=False),
    sa.Column('document', sa.Text(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['shop_id'], ['shops.id'], name=op.f('settings_shop_id_fkey')),
    sa.PrimaryKeyConstraint('shop_id', name=op.f('settings_pkey'))
    )
    op.create_table('signups',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('shop_id', sa.String(length=32), nullable=False),
    sa.Column('variant_id', sa.String(length=256), nullable=False),
    sa.Column('channel', sa.String(length=255), nullable=False),
    sa.Column('medium', sa.String(length=64), nullable=False),
    sa.Column('contact', sa.Text(), nullable=False, comment='encrypted: phone and name'),
    sa.Column('contact_hash', sa.String(length=32), nullable=False),
    sa.Column('language', sa.String(length=64), nullable=False),
    sa.Column('country', sa.String(length=2), nullable=False),
    sa.Column('quantity', sa.Integer(), nullable=False),
    sa.Column('source', sa.String(length=64), nullable=False),
    sa.Column('consent_version', sa.String(length=32), nullable=False),
    sa.Column('consent_origin', sa.String(length=512), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('proved_at', sa.DateTime(timezone=True), nullable=True, comment='when Saleor confirmed the variant and channel'),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_because', sa.String(length=64), nullable=True, comment='unsubscribed, converted, erased or not_sold'),
    sa.ForeignKeyConstraint(['shop_id'], ['shops.id'], name=op.f('signups_shop_id_fkey')),
    sa.PrimaryKeyConstraint('id', name=op.f('signups_pkey'))
    )
    with op.batch_alter_table('signups', schema=None) as batch_op:
        batch_op.create_index('signups_contact', ['shop_id', 'contact_hash'], unique=False)
        batch_op.create_index('signups_open_once', ['shop_id', 'variant_id', 'channel', 'medium', 'contact_hash'], unique=True, sqlite_where=sa.text('closed_at IS NULL'), postgresql_where=sa.text('closed_at IS NULL'))
        batch_op.create_index('signups_waiting', ['shop_id', 'variant_id', 'channel', 'id'], unique=False, sqlite_where=sa.text('closed_at IS NULL'), postgresql_where=sa.text('closed_at IS NULL'))

    op.create_table('suppressions',
    sa.Column('shop_id', sa.String(length=32), nullable=False),
    sa.Column('contact_hash', sa.String(length=32), nullable=False),
    sa.Column('medium', sa.String(length=64), nullable=False),
    sa.Column('means', sa.String(length=64), nullable=False, comment='link, staff, stop or erased'),
    sa.Column('suppressed_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['shop_id'], ['shops.id'], name=op.f('suppressions_shop_id_fkey')),
    sa.PrimaryKeyConstraint('shop_id', 'contact_hash', 'medium', name=op.f('suppressions_pkey'))
    )
    op.create_table('watches',
    sa.Column('shop_id', sa.String(length=32), nullable=False),
    sa.Column('variant_id', sa.String(length=256), nullable=False),
    sa.Column('channel', sa.String(length=255), nullable=False),
    sa.Column('facts', sa.JSON(none_as_null=True), nullable=True, comment='what the last look saw; null: never looked'),
    sa.Column('sellable', sa.Boolean(), nullable=True, comment='as judged by the rules at the last look'),
    sa.Column('looked_at', sa.DateTime(timezone=True), nullable=True, comment='when the question of the last look was asked'),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('hints', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['shop_id'], ['shops.id'], name=op.f('watches_shop_id_fkey')),
    sa.PrimaryKeyConstraint('shop_id', 'variant_id', 'channel', name=op.f('watches_pkey'))
    )
    with op.batch_alter_table('watches', schema=None) as batch_op:
        batch_op.create_index('watches_due', ['shop_id', 'due_at'], unique=False)


