"""The metrics and flows of each alert type, to the letter (R33 to R35, R42, R114), and their first texts.

A merchant edits the texts in Klaviyo (R96); these use the variables of R57 to R79. Klaviyo itself puts the
shop's name before a text and the way out behind it.
"""

from collections.abc import Mapping

from saleor_stoq_app.events import BACK_IN_STOCK_VARIABLES, AlertType
from saleor_stoq_app.providers.flows import FlowTemplate

PREORDER_VARIABLES = (
    "first_product",
    "products",
    "products_count",
    "other_count",
    "shipping_timeline",
    "order_name",
    "order_number",
    "shop_name",
    "shop_domain",
    "customer_name",
    "customer_phone",
)
"""The eleven variables of a preorder confirmation, to the letter (R69 to R79)."""

ALERT = FlowTemplate(
    key="alert",
    alert_type=AlertType.BACK_IN_STOCK,
    metric="Back in stock SMS alert (STOQ)",
    name="STOQ - Back in stock SMS alert (STOQ)",
    purpose="Main alert",
    body="Hi {{ event.customer_name|default:'there' }}, {{ event.title_incl_variant }} is back in stock: "
    "{{ event.purchase_link }}",
    transactional=False,
    variables=BACK_IN_STOCK_VARIABLES,
)
REMINDER_1 = FlowTemplate(
    key="reminder-1",
    alert_type=AlertType.BACK_IN_STOCK,
    metric="Back in stock SMS reminder 1 (STOQ)",
    name="STOQ - Back in stock SMS reminder 1 (STOQ)",
    purpose="Follow-up reminder",
    body="Hi {{ event.customer_name|default:'there' }}, {{ event.title_incl_variant }} is still in stock: "
    "{{ event.purchase_link }}",
    transactional=False,
    variables=BACK_IN_STOCK_VARIABLES,
)
PREORDER = FlowTemplate(
    key="preorder",
    alert_type=AlertType.PREORDER,
    metric="Preorder SMS confirmed (STOQ)",
    name="STOQ - Preorder SMS confirmed (STOQ)",
    purpose="Preorder confirmation",
    body="Hi {{ event.customer_name|default:'there' }}, your preorder {{ event.order_name }} is confirmed: "
    "{{ event.products }}. Estimated shipping: {{ event.shipping_timeline|default:'to be announced' }}",
    transactional=True,
    variables=PREORDER_VARIABLES,
)

TEMPLATES: Mapping[AlertType, tuple[FlowTemplate, ...]] = {
    AlertType.BACK_IN_STOCK: (ALERT, REMINDER_1),
    AlertType.PREORDER: (PREORDER,),
}
