"""Whether a delivery was signed by the shop: a detached RS256 JWS over the raw bytes, and nothing else.

saleor.md section 5.2: `<protected>..<signature>`, protected header RS256, `b64` false, `crit` b64 and a
key id. PyJWT reads the header and checks the signature; the few headers that a shop ever sends are
remembered, because reading one costs more than checking the signature.
"""

import re
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from jwt import PyJWK, PyJWTError, api_jws

from saleor_stoq_app.errors import Unauthenticated

KeySet = Mapping[str, PyJWK]

ALGORITHM = "RS256"
KEY_BITS = range(2048, 8193)

_DETACHED = re.compile(r"([A-Za-z0-9_-]{1,1024})\.\.([A-Za-z0-9_-]{1,1366})")


class UnknownKey(Unauthenticated):
    """Signed with a key that we do not have: perhaps the shop has a new one."""

    code = "UNKNOWN_KEY"


def prepare(jwks: Any) -> KeySet:
    """Return the usable RS256 keys of a JWKS by key id; what else is in there is passed over."""
    return dict(_usable(jwks.get("keys"))) if isinstance(jwks, dict) else {}


def verify(raw: bytes, signature: str, keys: KeySet) -> None:
    """Pass in silence if one of the keys signed exactly these bytes.

    Raises:
        UnknownKey: the signature names a key that is not among them.
        Unauthenticated: anything else is wrong with it.
    """
    parts = _DETACHED.fullmatch(signature)
    if parts is None:
        raise Unauthenticated("The signature is not a detached JWS.", code="SIGNATURE")
    protected, seal = parts.groups()
    key = keys.get(_key_id(protected))
    if key is None:
        raise UnknownKey("The signature names a key that the shop had not published.")
    signed = protected.encode() + b"." + raw
    if len(seal) % 4 == 1 or not key.Algorithm.verify(signed, key.key, urlsafe_b64decode(seal + "==")):
        raise Unauthenticated("The signature does not fit the body.", code="SIGNATURE")


@lru_cache(maxsize=256)
def _key_id(protected: str) -> str:
    try:
        header = api_jws.get_unverified_header(f"{protected}..")
    except PyJWTError as error:
        raise Unauthenticated("The header of the signature cannot be read.", code="SIGNATURE") from error
    kid = header.get("kid")
    detached = header.get("b64") is False and header.get("crit") == ["b64"]
    if header.get("alg") != ALGORITHM or not detached or not isinstance(kid, str):
        raise Unauthenticated("The signature is not a detached RS256 JWS.", code="SIGNATURE")
    return kid


def _usable(keys: Any) -> Iterator[tuple[str, PyJWK]]:
    for entry in keys if isinstance(keys, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("kid"), str):
            key = _public_key(entry)
            if key is not None:
                yield entry["kid"], key


def _public_key(entry: dict[str, Any]) -> PyJWK | None:
    """Build the key from its public numbers alone, for RS256 whatever else the entry says."""
    if entry.get("alg", ALGORITHM) != ALGORITHM or entry.get("use", "sig") != "sig":
        return None
    try:
        key = PyJWK({name: entry.get(name) for name in ("kty", "n", "e")}, ALGORITHM)
    except PyJWTError:
        return None
    return key if key.key.key_size in KEY_BITS else None
