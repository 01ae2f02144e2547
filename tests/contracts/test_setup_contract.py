"""What every provider owes to a merchant who sets it up, whichever it is."""

import pytest

from saleor_stoq_app.providers.base import SetupMethod
from saleor_stoq_app.providers.registry import PROVIDERS

MOST_OF_A_METRIC_NAME = 127
MOST_OF_A_FLOW_NAME = 255


@pytest.fixture(params=PROVIDERS.values(), ids=PROVIDERS)
def spec(request):
    return request.param


def templates(spec):
    return [template for group in spec.templates.values() for template in group]


def test_whoever_needs_a_setup_can_be_set_up_by_hand(spec):
    assert not spec.setups or SetupMethod.MANUAL in spec.setups


def test_flows_belong_to_alert_types_that_the_provider_carries(spec):
    assert set(spec.templates) <= spec.alert_types
    for alert_type, group in spec.templates.items():
        assert {template.alert_type for template in group} == {alert_type}


def test_whoever_has_flows_can_find_them(spec):
    assert (spec.flows is not None) >= bool(templates(spec) or spec.creates_flows)


def test_no_two_flows_share_a_key_a_name_or_a_metric(spec):
    """R93."""
    for field in ("key", "name", "metric"):
        told = [getattr(template, field) for template in templates(spec)]
        assert len(set(told)) == len(told)


def test_names_fit_into_what_the_provider_takes(spec):
    for template in templates(spec):
        assert 0 < len(template.metric) <= MOST_OF_A_METRIC_NAME
        assert 0 < len(template.name) <= MOST_OF_A_FLOW_NAME
        assert template.body
        assert template.variables


def test_what_a_setup_needs_is_asked_for_and_its_lack_is_explained(spec):
    assert set(spec.costs) == set(spec.scopes)
    for needs in spec.setups.values():
        assert needs.scopes <= set(spec.scopes)
        assert needs.kinds


def test_scopes_are_asked_for_where_there_is_somebody_to_ask(spec):
    assert (spec.oauth is not None) == bool(spec.scopes)
