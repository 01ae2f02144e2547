"""What a Dashboard token says of a staff member, read strictly and only where the shop's key signed it.

saleor.md section 10.3: a JWT by the key that signs deliveries, issued by the shop to a user for one app,
valid for five minutes. Tokens for the shop's own API (customers' and staff's) are signed by that key too:
their type is another, and they name no app.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime

from jwt import PyJWTError, api_jws
from pydantic import BaseModel, ConfigDict, ValidationError

from saleor_stoq_app.errors import Forbidden, InvalidInput, Unauthenticated
from saleor_stoq_app.saleor.ids import is_saleor_id, parse_saleor_api_url
from saleor_stoq_app.saleor.shops import Shop
from saleor_stoq_app.saleor.signature import ALGORITHM, KeySet, UnknownKey

LEEWAY_SECONDS = 10
FOR_AN_APP = "thirdparty"

_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,512}\.[A-Za-z0-9_-]{1,16384}\.[A-Za-z0-9_-]{1,1366}")


@dataclass(frozen=True, slots=True)
class Staff:
    """A staff member of a shop, with all the permissions that the shop gave them."""

    user_id: str
    email: str = field(repr=False)
    permissions: frozenset[str]

    def require(self, permission: str) -> None:
        """Pass in silence if they hold it.

        Raises:
            Forbidden: names the permission.
        """
        if permission not in self.permissions:
            raise Forbidden(
                f"This takes the permission {permission}, which your account in Saleor does not have.",
                fix=f"Ask an administrator of the shop to put you into a permission group with {permission}.",
                code="PERMISSION_MISSING",
            )


def read_staff(token: str, keys: KeySet, shop: Shop, now: datetime) -> Staff:
    """Return whom the shop's Dashboard gave this token, for this app, a few minutes ago.

    Raises:
        UnknownKey: it names a key that is not among them.
        Unauthenticated: anything else is wrong with it; the code says what.
    """
    claims = _claims(token, keys)
    if wrong := _objection(claims, shop, now.timestamp()):
        raise Unauthenticated("The token is not one for this app, shop and moment.", code=wrong)
    return Staff(claims.user_id, claims.email, claims.user_permissions)


class _Claims(BaseModel):
    """What we go by; Saleor writes times as whole seconds."""

    model_config = ConfigDict(strict=True, frozen=True, hide_input_in_errors=True)

    iss: str
    type: str
    app: str
    is_staff: bool
    iat: int
    exp: int
    nbf: int | None = None
    user_id: str
    email: str
    user_permissions: frozenset[str]


def _claims(token: str, keys: KeySet) -> _Claims:
    key = keys.get(_key_id(token))
    if key is None:
        raise UnknownKey("The token names a key that the shop had not published.")
    try:
        signed = api_jws.decode(token, key, algorithms=[ALGORITHM])
    except PyJWTError as error:
        raise Unauthenticated("The signature does not fit the token.", code="SIGNATURE") from error
    try:
        return _Claims.model_validate_json(signed)
    except ValidationError as error:
        raise Unauthenticated("The token does not say what we go by.", code="CLAIMS") from error


def _key_id(token: str) -> str:
    """Read the key's id before anything is proved; only RS256 gets as far as a key."""
    if _TOKEN.fullmatch(token) is None:
        raise Unauthenticated("This is no token.", code="FORM")
    try:
        header = api_jws.get_unverified_header(token)
    except PyJWTError as error:
        raise Unauthenticated("The header of the token cannot be read.", code="FORM") from error
    kid = header.get("kid")
    if header.get("alg") != ALGORITHM or not isinstance(kid, str):
        raise Unauthenticated("The token is not signed as Saleor signs.", code="ALGORITHM")
    return kid


def _objection(claims: _Claims, shop: Shop, now: float) -> str:
    """Return what is wrong first, or ""."""
    starts = claims.iat if claims.nbf is None else max(claims.iat, claims.nbf)
    wrong = {
        "TYPE": claims.type != FOR_AN_APP,
        "SHOP": not _is_address_of(claims.iss, shop),
        "APP": claims.app != shop.app_id,
        "NOT_STAFF": not claims.is_staff,
        "USER": not is_saleor_id(claims.user_id),
        "EXPIRED": claims.exp + LEEWAY_SECONDS <= now,
        "NOT_YET": starts - LEEWAY_SECONDS > now,
    }
    return next((code for code, holds in wrong.items() if holds), "")


def _is_address_of(issuer: str, shop: Shop) -> bool:
    """Saleor writes the issuer as its operator spelled PUBLIC_URL; we keep shops under one spelling."""
    try:
        return parse_saleor_api_url(issuer) == shop.saleor_api_url
    except InvalidInput:
        return False
