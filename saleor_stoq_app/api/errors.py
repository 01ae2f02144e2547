"""Expected failures become part of the answer; anything else is masked, and logged without contacts."""

import traceback

from graphql import GraphQLError

from saleor_stoq_app.api.types import SignUpError, SignUpErrorCode, SignUpPayload
from saleor_stoq_app.errors import InvalidInput, StoqError, Unavailable
from saleor_stoq_app.log import get

log = get(__name__)


def refusal(error: StoqError) -> SignUpPayload:
    """Say in the schema's words what was wrong.

    Raises:
        StoqError: the same error, where the schema has no word for it.
    """
    code = "UNAVAILABLE" if isinstance(error, Unavailable) else error.code
    if code not in SignUpErrorCode.__members__:
        raise error
    field = error.field if isinstance(error, InvalidInput) else ""
    said = SignUpError(
        code=SignUpErrorCode[code], message=error.message, field=field or None, fix=error.fix or None
    )
    return SignUpPayload(accepted=False, errors=[said])


def is_unexpected(error: GraphQLError) -> bool:
    """Tell our own failures from what the caller's document or variables did wrong."""
    return error.original_error is not None and not isinstance(error.original_error, GraphQLError)


def report(error: GraphQLError) -> None:
    """Log an unexpected failure by its type and place; its message may quote a shopper."""
    cause = error.original_error
    frames = traceback.extract_tb(cause.__traceback__ if cause else None)
    place = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    log.error("storefront.failed", error=type(cause).__name__, path=error.path, place=place)
