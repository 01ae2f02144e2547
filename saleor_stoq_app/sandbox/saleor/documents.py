"""GraphQL documents as Saleor reads them."""

from graphql import DocumentNode, GraphQLSyntaxError, NullValueNode, Visitor, parse, visit


class _NoNull(Visitor):
    """Saleor's GraphQL library knows no literal `null` and answers 400; variables may be null."""

    def enter_null_value(self, node: NullValueNode, *_: object) -> None:
        if node.loc is not None:
            raise GraphQLSyntaxError(node.loc.source, node.loc.start, 'Unexpected Name "null".')


def read(text: str) -> DocumentNode:
    """Parse a document.

    Raises:
        GraphQLSyntaxError: it cannot be read.
    """
    document = parse(text)
    visit(document, _NoNull())
    return document
