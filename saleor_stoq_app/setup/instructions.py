"""How a merchant sets a flow up by hand and tries it out, as data (R38 to R48, R49 to R55)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from saleor_stoq_app.events import AlertType
from saleor_stoq_app.providers.flows import FlowTemplate
from saleor_stoq_app.setup.samples import Variable, described

BY_HAND = (
    "Open Klaviyo and create a new flow.",
    "Choose the metric shown here as the flow's trigger.",
    "Add an SMS action and write the message with the template variables.",
    "Name the flow and set it live.",
    "Enter the flow's exact name here, with its capitals and spaces, and click Verify flow.",
    "Click Send test event to see that the flow triggers before going live.",
)

TEST_YOUR_FLOW: Mapping[AlertType, Sequence[str]] = {
    AlertType.BACK_IN_STOCK: (
        "Sign up for a back-in-stock alert in your store with your own phone number.",
        "Confirm that the metric appears in the Klaviyo dashboard.",
        "Restock the product: the text from Klaviyo arrives on your phone.",
    ),
    AlertType.PREORDER: (
        "Place an order for any preorder product.",
        "Confirm that the metric appears in the Klaviyo dashboard.",
        "The preorder confirmation from Klaviyo arrives on your phone.",
    ),
}


@dataclass(frozen=True, slots=True)
class Recipe:
    """One flow to be made by hand: the metric to copy, a name to give, and the variables to use."""

    key: str
    purpose: str
    metric: str
    suggested_name: str
    suggested_text: str
    variables: tuple[Variable, ...]


def recipes(templates: Sequence[FlowTemplate]) -> tuple[Recipe, ...]:
    return tuple(
        Recipe(each.key, each.purpose, each.metric, each.name, each.body, described(each.variables))
        for each in templates
    )
