"""Saleor's global ids: base64 of "Type:key", read back as strictly as Saleor reads them."""

import base64
import binascii
from uuid import UUID

_UUID_KINDS = {"Order", "OrderLine", "Warehouse"}


class InvalidId(Exception):
    """An id that is no id: Saleor answers the whole field with null."""

    def __init__(self, text: str, kind: str) -> None:
        super().__init__(f"Invalid ID: {text}. Expected: {kind}.")


def global_id(kind: str, key: object) -> str:
    return base64.b64encode(f"{kind}:{key}".encode()).decode()


def key_of(text: str, kind: str) -> str | None:
    """Return the key, or None for a well-formed id of another type (Saleor finds nothing, says nothing).

    Raises:
        InvalidId: it is not base64 of "Type:key", padding included.
    """
    try:
        found, colon, key = base64.b64decode(text, validate=True).decode().partition(":")
        if not colon:
            raise InvalidId(text, kind)
        (UUID if found in _UUID_KINDS else int)(key)
    except (binascii.Error, ValueError) as error:
        raise InvalidId(text, kind) from error
    return key if found == kind else None
