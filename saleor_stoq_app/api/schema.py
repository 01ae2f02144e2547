"""Builds the schema with its caches and limits: without them a signup costs eight times as much."""

import strawberry
from graphql import (
    ASTValidationRule,
    ExecutableDefinitionNode,
    GraphQLError,
    ValidationContext,
)
from strawberry.extensions import (
    AddValidationRules,
    DisableIntrospection,
    MaskErrors,
    MaxAliasesLimiter,
    MaxTokensLimiter,
    ParserCache,
    QueryDepthLimiter,
    SchemaExtension,
    ValidationCache,
)
from strawberry.types import ExecutionContext

from saleor_stoq_app.api.errors import is_unexpected, report

MOST_TOKENS = 80
MOST_ALIASES = 5
DEEPEST = 5


class FragmentsAreThere(ASTValidationRule):
    """Refuses a spread of a fragment that is not there, over which `QueryDepthLimiter` would stumble.

    That one walks the document when it is made, before any rule has reported anything, and looks every
    fragment up by name (strawberry 0.341, extensions/query_depth_limiter.py).
    """

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        parts = (it for it in context.document.definitions if isinstance(it, ExecutableDefinitionNode))
        spreads = (spread for part in parts for spread in context.get_fragment_spreads(part.selection_set))
        for spread in spreads:
            if context.get_fragment(spread.name.value) is None:
                msg = f"The document has no fragment named {spread.name.value!r}."
                raise GraphQLError(msg, spread)


# ValidationCache keys on the rule classes, and the limiters make a new class per instance: built for
# each request, as their documentation has it, they empty the cache with every request
# (strawberry 0.341, extensions/validation_cache.py).
LIMITERS = (MaxAliasesLimiter(MOST_ALIASES), QueryDepthLimiter(DEEPEST), DisableIntrospection())
RULES: list[type[ASTValidationRule]] = [
    FragmentsAreThere,
    *(rule for limiter in LIMITERS for rule in limiter.validation_rules),
]


class Schema(strawberry.Schema):
    """A schema that logs what nobody expected, without the shopper's words, and makes it a 500."""

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        for error in filter(is_unexpected, errors):
            report(error)
            if execution_context is not None:
                execution_context.context.status = 500


def build_schema(query: type, mutation: type) -> Schema:
    """Return a public schema: cached, limited, masked and without introspection."""
    extensions = [ParserCache, ValidationCache, _tokens, _rules, _mask]
    return Schema(query=query, mutation=mutation, extensions=extensions)


def _tokens() -> SchemaExtension:
    return MaxTokensLimiter(max_token_count=MOST_TOKENS)


def _rules() -> SchemaExtension:
    return AddValidationRules(RULES)


def _mask() -> SchemaExtension:
    return MaskErrors(should_mask_error=is_unexpected, error_message="Something went wrong on our side.")
