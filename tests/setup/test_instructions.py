"""What the panel shows a merchant, to the letter (R38 to R44, R49 to R79)."""

from saleor_stoq_app.events import AlertType
from saleor_stoq_app.providers.klaviyo.flow_table import TEMPLATES
from saleor_stoq_app.setup.instructions import TEST_YOUR_FLOW, recipes


def test_metric_names_to_copy():
    """R42, R114."""
    shown = [recipe.metric for group in TEMPLATES.values() for recipe in recipes(group)]
    assert shown == [
        "Back in stock SMS alert (STOQ)",
        "Back in stock SMS reminder 1 (STOQ)",
        "Preorder SMS confirmed (STOQ)",
    ]


def test_every_variable_has_its_syntax_a_description_and_a_sample():
    """R56 to R79."""
    counts = {}
    for alert_type, group in TEMPLATES.items():
        for recipe in recipes(group):
            counts[alert_type] = len(recipe.variables)
            assert all(each.description and each.sample for each in recipe.variables)
            assert recipe.variables[0].syntax == f"{{{{ event.{recipe.variables[0].name} }}}}"
    assert counts == {AlertType.BACK_IN_STOCK: 12, AlertType.PREORDER: 11}


def test_each_alert_type_has_three_steps_to_test_its_flow():
    """R49 to R55."""
    assert {kind: len(steps) for kind, steps in TEST_YOUR_FLOW.items()} == dict.fromkeys(AlertType, 3)
