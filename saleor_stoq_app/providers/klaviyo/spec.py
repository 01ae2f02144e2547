"""What may be said about Klaviyo before anything is connected."""

from saleor_stoq_app.events import Medium
from saleor_stoq_app.providers.accounts import ConnectionKind
from saleor_stoq_app.providers.base import ProviderId, ProviderSpec, SetupNeeds
from saleor_stoq_app.providers.flows import SetupMethod
from saleor_stoq_app.providers.klaviyo.flow_table import TEMPLATES
from saleor_stoq_app.providers.klaviyo.flows import KlaviyoFlows
from saleor_stoq_app.providers.klaviyo.oauth import KlaviyoOAuth
from saleor_stoq_app.providers.klaviyo.probe import probe
from saleor_stoq_app.providers.klaviyo.provider import Klaviyo
from saleor_stoq_app.providers.klaviyo.scopes import COSTS, SCOPES, TO_CREATE, TO_VERIFY
from saleor_stoq_app.providers.klaviyo.senders import sms_status

SETUPS = {
    SetupMethod.AUTOMATIC: SetupNeeds(
        kinds=frozenset({ConnectionKind.OAUTH}),
        scopes=TO_CREATE,
        why_kind="Automatic set-up needs a connection by OAuth; this one is by API key.",
    ),
    SetupMethod.MANUAL: SetupNeeds(kinds=frozenset(ConnectionKind), scopes=TO_VERIFY),
}

SPEC = ProviderSpec(
    id=ProviderId.KLAVIYO,
    label="Klaviyo",
    media=frozenset({Medium.SMS}),
    alert_types=frozenset(TEMPLATES),
    deduplicates=True,
    keeps_consent=True,
    build=Klaviyo,
    probe=probe,
    setups=SETUPS,
    templates=TEMPLATES,
    scopes=SCOPES,
    costs=COSTS,
    oauth=KlaviyoOAuth,
    flows=KlaviyoFlows,
    sms=sms_status,
)
