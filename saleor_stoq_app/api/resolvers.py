"""The storefront's GraphQL: what each field asks of `StorefrontApi`, and how a refusal is told."""

from dataclasses import dataclass
from typing import Annotated

import strawberry

from saleor_stoq_app.api.errors import refusal
from saleor_stoq_app.api.schema import Schema, build_schema
from saleor_stoq_app.api.storefront import StorefrontApi, Visitor
from saleor_stoq_app.api.types import Shop, SignUpInput, SignUpPayload
from saleor_stoq_app.errors import Forbidden, NotFound, StoqError, Unavailable


@dataclass(slots=True)
class Context:
    """What the resolvers of one request share, and the HTTP status that they lead to."""

    storefront: StorefrontApi
    visitor: Visitor
    status: int = 200


Info = strawberry.Info[Context, None]


async def resolve_shop(info: Info, key: str) -> Shop | None:
    try:
        return Shop(name=await info.context.storefront.shop_name(key))
    except (NotFound, Forbidden):
        return None


async def resolve_sign_up(
    info: Info, asked: Annotated[SignUpInput, strawberry.argument(name="input")]
) -> SignUpPayload:
    try:
        await info.context.storefront.sign_up(asked, info.context.visitor)
    except StoqError as error:
        if isinstance(error, Unavailable):
            info.context.status = 503  # nothing is recorded, so no 2xx (law 4)
        return refusal(error)
    return SignUpPayload(accepted=True, errors=[])


@strawberry.type
class Query:
    """What a storefront may read."""

    shop: Shop | None = strawberry.field(
        resolver=resolve_shop, description="The shop behind a public key; null if it takes no signups."
    )


@strawberry.type
class Mutation:
    """What a storefront may do."""

    sign_up: SignUpPayload = strawberry.mutation(
        resolver=resolve_sign_up,
        description="Ask to be texted when a variant is back; sends nothing by itself.",
    )


def storefront_schema() -> Schema:
    return build_schema(Query, Mutation)
