import json
import tomllib
from pathlib import Path

import pytest
from graphql import FieldNode, InlineFragmentNode, OperationType, parse
from hypothesis import given
from hypothesis import strategies as st

from saleor_stoq_app.config import Config
from saleor_stoq_app.errors import Misconfigured
from saleor_stoq_app.saleor.documents import document
from saleor_stoq_app.saleor.manifest import APP_ID, build_manifest, webhooks
from saleor_stoq_app.saleor.manifest_rules import MOUNTS, TARGETS, faults

ROOT = Path(__file__).parents[2]
CONFIG = Config(app_base_url="https://stoq.example/")
EVERYWHERE = ["stock", "order-changes", "lifecycle"]


def operation(text):
    return parse(text).definitions[0]


def event_fields(text):
    top = operation(text).selection_set.selections
    assert [field.name.value for field in top] == ["event"], "saleor.md section 5.3: the flat form"
    return top[0].selection_set.selections


def names(selections):
    return {field.name.value for field in selections if isinstance(field, FieldNode)}


def event_of(typename):
    """ProductVariantBackInStock -> PRODUCT_VARIANT_BACK_IN_STOCK."""
    return "".join(f"_{letter}" if letter.isupper() else letter for letter in typename).upper().strip("_")


def test_the_manifest_names_the_app_and_asks_for_two_permissions():
    manifest = build_manifest(CONFIG, "3.23")
    assert manifest["id"] == APP_ID == "saleor.app.stoq"
    assert manifest["name"] == "STOQ"
    assert manifest["permissions"] == ["MANAGE_PRODUCTS", "MANAGE_ORDERS"]
    assert manifest["requiredSaleorVersion"] == ">=3.21 <4"
    assert manifest["tokenTargetUrl"] == "https://stoq.example/api/register"
    assert "appUrl" not in manifest


def test_the_manifest_tells_the_version_of_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert build_manifest(CONFIG, "3.23")["version"] == project["version"]


@pytest.mark.parametrize("version", [None, "", "nonsense", "2.11", "3.21", "3.22"])
def test_an_old_or_unknown_saleor_gets_no_channel_events(version):
    assert [webhook["identifier"] for webhook in build_manifest(CONFIG, version)["webhooks"]] == EVERYWHERE


@pytest.mark.parametrize("version", ["3.23", "3.24", "3.24.0-a.0", "3.30", "4.0"])
def test_a_new_saleor_gets_channel_events_too(version):
    served = [webhook["identifier"] for webhook in build_manifest(CONFIG, version)["webhooks"]]
    assert sorted(served) == sorted([*EVERYWHERE, "stock-in-channel"])


def test_webhooks_carry_what_saleor_needs_and_nothing_of_ours():
    for webhook in build_manifest(CONFIG, "3.24")["webhooks"]:
        assert set(webhook) == {"identifier", "name", "asyncEvents", "query", "targetUrl", "isActive"}
        assert webhook["targetUrl"] == f"https://stoq.example/api/webhooks/{webhook['identifier']}"
        assert webhook["query"] == document(webhook["identifier"])


def test_every_caller_gets_a_manifest_of_its_own():
    build_manifest(CONFIG, "3.23")["webhooks"].clear()
    assert len(build_manifest(CONFIG, "3.23")["webhooks"]) == 4


def test_the_manifests_webhooks_are_the_subscription_documents_on_disk():
    folder = ROOT / "graphql" / "saleor"
    on_disk = {
        path.stem
        for path in folder.glob("*.graphql")
        if operation(path.read_text()).operation is OperationType.SUBSCRIPTION
    }
    assert {spec.identifier for spec in webhooks("3.24")} == on_disk
    assert not list(folder.parent.rglob("*.py")), "a module in there would shadow graphql-core"


@pytest.mark.parametrize("spec", webhooks("3.24"), ids=lambda spec: spec.identifier)
def test_a_webhooks_events_are_those_of_its_document(spec):
    selections = event_fields(spec.document)
    fragments = [field for field in selections if isinstance(field, InlineFragmentNode)]
    assert {event_of(fragment.type_condition.name.value) for fragment in fragments} == set(spec.events)


@pytest.mark.parametrize("spec", webhooks("3.24"), ids=lambda spec: spec.identifier)
def test_every_delivery_says_its_type_and_whom_it_is_for(spec):
    selections = event_fields(spec.document)
    assert {"__typename", "issuedAt", "recipient"} <= names(selections)
    recipient = next(
        field for field in selections if getattr(field, "name", None) and field.name.value == "recipient"
    )
    assert names(recipient.selection_set.selections) == {"id"}


def test_stock_is_selected_so_that_saleor_does_not_drop_an_unchanged_payload():
    fragments = {
        fragment.type_condition.name.value: fragment.selection_set.selections[0]
        for fragment in event_fields(document("stock"))
        if isinstance(fragment, InlineFragmentNode)
    }
    for typename in ("ProductVariantUpdated", "ProductVariantStockUpdated"):
        assert "stocks" in names(fragments[typename].selection_set.selections)


def test_native_preorder_is_nowhere_in_a_subscription():
    assert not [spec.identifier for spec in webhooks("3.24") if "preorder" in spec.document]


def test_a_base_address_too_long_for_saleor_is_refused_before_it_is_served():
    long = Config(app_base_url="https://" + "a" * 240 + ".example")
    with pytest.raises(Misconfigured, match="targetUrl of webhook stock is longer than 255"):
        build_manifest(long, "3.21")


WEBHOOK = build_manifest(CONFIG, "3.24")["webhooks"][0]
WIDGET = {
    "identifier": "waiting",
    "label": "Waiting shoppers",
    "mount": "PRODUCT_DETAILS_WIDGETS",
    "target": "WIDGET",
    "url": "https://stoq.example/widget",
    "permissions": ["MANAGE_PRODUCTS"],
}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"id": ""}, "id is missing"),
        ({"name": "n" * 61}, "name of the manifest is longer than 60"),
        ({"appUrl": "https://" + "a" * 200}, "appUrl of the manifest is longer"),
        ({"permissions": ["MANAGE_APPS"]}, "MANAGE_APPS"),
        ({"webhooks": [WEBHOOK, WEBHOOK]}, "identifier stock is missing or used twice"),
        ({"webhooks": [WEBHOOK | {"query": "subscription { event { issuedAt } }"}]}, "names no event"),
        ({"webhooks": [WEBHOOK | {"targetUrl": "/api/webhooks/stock"}]}, "absolute targetUrl"),
        ({"webhooks": [WEBHOOK | {"asyncEvents": []}]}, "needs a name and events"),
        ({"extensions": [WIDGET | {"mount": "NOT_A_MOUNT"}]}, "unknown mount or target"),
        ({"extensions": [WIDGET | {"target": "NOPE"}]}, "unknown mount or target"),
        ({"extensions": [WIDGET | {"mount": "SEARCH_ACTION"}]}, "cannot be a widget"),
        ({"extensions": [WIDGET | {"label": "l" * 257}]}, "label of extension waiting is longer"),
        (
            {"extensions": [WIDGET | {"permissions": ["MANAGE_USERS"]}]},
            "permissions that the app does not have",
        ),
        ({"extensions": [WIDGET | {"url": "/widget"}]}, "does not take"),
        ({"extensions": [WIDGET | {"identifier": None}]}, "extension identifier None is missing"),
    ],
)
def test_what_saleor_would_choke_on_is_found_first(change, fault):
    assert fault in " ".join(faults(build_manifest(CONFIG, "3.24") | change))


def test_good_extensions_have_no_faults():
    page = {
        "identifier": "page",
        "label": "STOQ",
        "mount": "NAVIGATION_CATALOG",
        "target": "APP_PAGE",
        "url": "/x",
    }
    assert list(faults(build_manifest(CONFIG, "3.24") | {"extensions": [WIDGET, page]})) == []
    assert {"PRODUCT_DETAILS_WIDGETS", "HOMEPAGE_WIDGETS", "PAGE_TYPE_OVERVIEW_CREATE"} <= MOUNTS
    assert len(TARGETS) == 4


@given(st.text())
def test_whatever_version_saleor_tells_there_is_a_manifest(version):
    manifest = build_manifest(CONFIG, version)
    assert {webhook["identifier"] for webhook in manifest["webhooks"]} >= set(EVERYWHERE)
    assert json.loads(json.dumps(manifest)) == manifest
