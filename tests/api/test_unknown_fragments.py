"""A fragment that nobody defined is the caller's mistake: said to the caller, and no failure of ours."""

import pytest
from structlog.testing import capture_logs

from saleor_stoq_app.api.resolvers import Context, storefront_schema


@pytest.mark.parametrize(
    "document",
    [
        "{ ...Lost }",
        '{ shop(key: "a") { ...Lost } }',
        "{ __typename ... { ...Lost } }",
        "{ __typename ...A } fragment A on Query { ...Lost }",
    ],
)
async def test_a_fragment_that_is_not_there_is_named_and_not_logged(document):
    context = Context(None, None)
    with capture_logs() as logged:
        result = await storefront_schema().execute(document, context_value=context)

    assert [error.message for error in result.errors] == ["The document has no fragment named 'Lost'."]
    assert (context.status, logged) == (200, [])
