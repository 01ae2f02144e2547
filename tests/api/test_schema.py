"""What keeps a public schema cheap and quiet, and what it promises."""

import sys
from collections import Counter
from pathlib import Path
from uuid import uuid4

import pytest
import strawberry
from structlog.testing import capture_logs

from saleor_stoq_app.api import schema as schemas
from saleor_stoq_app.api.resolvers import storefront_schema
from saleor_stoq_app.api.schema import build_schema
from tests.api.conftest import SIGN_UP

SDL = Path(__file__).parents[2] / "graphql" / "storefront.graphql"


class Context:
    status = 200


@strawberry.type
class Change:
    none: int = 0


@strawberry.type
class Fragile:
    @strawberry.field
    def broken(self) -> int:
        raise RuntimeError("Ada Lovelace, +14155550142")


def test_the_published_schema_is_the_one_that_is_served():
    assert SDL.read_text() == storefront_schema().as_str() + "\n"


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("{ __schema { types { name } } }", "introspection"),
        ('{ __type(name: "Shop") { name } }', "introspection"),
        ("{" + " ".join(f'a{n}: shop(key: "x") {{ name }}' for n in range(6)) + "}", "6 aliases"),
        ("{" + " ".join(f'shop(key: "{n}") {{ name }}' for n in range(40)) + "}", "token"),
        ("{ a { a { a { a { a { a { a } } } } } } }", "depth"),
        ("{ a " * 5_000, "token"),
        ("{ nothing }", "Cannot query field"),
        ("query {", "Syntax Error"),
        ("subscription { x }", "Subscription"),
    ],
)
async def test_the_limits_are_on(document, said):
    result = await storefront_schema().execute(document, context_value=Context())

    assert result.data is None
    assert said.lower() in " ".join(error.message for error in result.errors).lower()


async def calls_of(awaitable) -> Counter[str]:
    """Count which functions the interpreter enters: work that does not depend on the machine's speed."""
    ran: Counter[str] = Counter()

    def note(frame, event, _arg):
        if event == "call":
            ran[frame.f_code.co_name] += 1

    sys.setprofile(note)
    try:
        await awaitable
    finally:
        sys.setprofile(None)
    return ran


async def test_a_document_is_parsed_and_validated_once():
    schema, context = storefront_schema(), Context()
    never_seen = f"{SIGN_UP} # {uuid4()}"

    def execute():
        return schema.execute(never_seen, variable_values={"input": {"shop": "x"}}, context_value=context)

    first, second = await calls_of(execute()), await calls_of(execute())
    assert first["parse_document"] + first["parse_operation_definition"] > 0
    assert second["parse_document"] + second["parse_operation_definition"] == 0
    assert second.total() < first.total() / 2


async def test_the_rules_are_the_same_objects_for_every_request():
    first, second = (
        [type(extension).__name__ for extension in storefront_schema().get_extensions()] for _ in range(2)
    )

    assert first == second
    assert {"ParserCache", "ValidationCache", "MaxTokensLimiter", "AddValidationRules", "MaskErrors"} <= set(
        first
    )
    assert schemas._rules().validation_rules is schemas._rules().validation_rules
    assert {rule.__name__ for rule in schemas.RULES} == {
        "FragmentsAreThere",
        "MaxAliasesValidator",
        "DepthLimitValidator",
        "NoSchemaIntrospectionCustomRule",
    }


@pytest.mark.parametrize("times", [2, 3, 4, 5])
async def test_fragments_within_fragments_cannot_keep_the_limits_busy(times):
    schema, most = storefront_schema(), 0
    for depth in range(2, 12):
        spreads = " ".join(f"fragment f{n} on Query {{ {f'...f{n + 1} ' * times} }}" for n in range(depth))
        ran = await calls_of(schema.execute(f"{{ ...f0 }} {spreads}", context_value=Context()))
        most = max(most, ran.total())

    assert most < 20_000


async def test_what_nobody_expected_is_masked_and_logged_without_the_shopper():
    context = Context()
    with capture_logs() as logs:
        result = await build_schema(Fragile, Change).execute("{ broken }", context_value=context)

    assert [error.message for error in result.errors] == ["Something went wrong on our side."]
    assert context.status == 500
    (entry,) = logs
    assert (entry["event"], entry["error"], entry["path"]) == (
        "storefront.failed",
        "RuntimeError",
        ["broken"],
    )
    assert "Lovelace" not in str(entry)
    assert "4155550142" not in str(entry)


async def test_what_the_caller_got_wrong_is_told_and_not_logged():
    with capture_logs() as logs:
        result = await storefront_schema().execute(
            SIGN_UP, variable_values={"input": {"phone": "+14155550142"}}, context_value=Context()
        )

    assert "shop" in result.errors[0].message
    assert logs == []
