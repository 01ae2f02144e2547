"""The double's users hold tokens like those of a live Saleor 3.23.28."""

from datetime import timedelta

import pytest
from jwt import PyJWKSet, PyJWTError, api_jws, api_jwt

from saleor_stoq_app.sandbox.saleor import SandboxSaleor
from saleor_stoq_app.sandbox.saleor.installed import InstalledApp
from tests.sandbox.saleor_caller import with_app

CLAIMS = ["iat", "owner", "iss", "exp", "token", "email", "type", "user_id", "is_staff"]
FOR_AN_APP = [*CLAIMS, "app", "permissions", "user_permissions"]


@pytest.fixture
def saleor(clock):
    return with_app(SandboxSaleor(clock))


def claims(saleor, token):
    """Read a token as anyone can who has the published keys."""
    key = PyJWKSet.from_dict(saleor.key().jwks())[api_jws.get_unverified_header(token)["kid"]]
    read = {"verify_exp": False, "verify_iat": False}
    return api_jwt.decode(token, key, algorithms=["RS256"], options=read)


def test_a_dashboard_token_is_for_one_app_and_five_minutes(saleor, clock):
    token = saleor.dashboard_token(permissions=["MANAGE_APPS", "MANAGE_ORDERS"], email="jo@example.com")
    said = claims(saleor, token)

    assert api_jws.get_unverified_header(token) == {"alg": "RS256", "kid": saleor.key().kid, "typ": "JWT"}
    assert list(said) == FOR_AN_APP
    assert said["iss"] == "http://127.0.0.1:8000/graphql/"
    assert (said["type"], said["app"], said["is_staff"]) == ("thirdparty", saleor.installed.id, True)
    assert (said["owner"], said["email"]) == ("saleor", "jo@example.com")
    assert (said["iat"], said["exp"] - said["iat"]) == (clock.now().timestamp(), 300)
    assert said["permissions"] == ["MANAGE_ORDERS"]
    assert said["user_permissions"] == ["MANAGE_APPS", "MANAGE_ORDERS"]


def test_tokens_for_the_shops_own_api_name_no_app(saleor):
    staff, customer = claims(saleor, saleor.staff_token()), claims(saleor, saleor.customer_token())

    assert list(staff) == list(customer) == CLAIMS
    assert (staff["type"], staff["is_staff"]) == ("access", True)
    assert (customer["type"], customer["is_staff"]) == ("access", False)


def test_a_user_is_the_same_in_every_token(saleor):
    first, again = claims(saleor, saleor.staff_token()), claims(saleor, saleor.dashboard_token())
    other = claims(saleor, saleor.dashboard_token(email="other@example.com"))

    assert (first["user_id"], first["token"]) == (again["user_id"], again["token"])
    assert first["user_id"] != other["user_id"]


def test_a_token_can_be_for_another_app_or_of_another_time(saleor, clock):
    other = InstalledApp(2, "other.app", "Other", (), "u" * 30)
    saleor.shop.apps.append(other)
    old = clock.now() - timedelta(hours=1)

    assert claims(saleor, saleor.dashboard_token(saleor.shop.apps[0]))["app"] == "QXBwOjE="
    assert claims(saleor, saleor.dashboard_token())["app"] == other.id
    assert claims(saleor, saleor.dashboard_token(issued_at=old))["exp"] == old.timestamp() + 300


def test_a_removed_app_has_no_tokens(saleor):
    saleor.uninstall()

    with pytest.raises(ValueError, match="removed"):
        saleor.dashboard_token()


def test_a_rotated_key_and_another_shops_sign_differently(saleor, clock):
    old, strange = saleor.dashboard_token(), with_app(SandboxSaleor(clock)).dashboard_token()
    saleor.rotate_key()

    for token in (old, strange):
        with pytest.raises((PyJWTError, KeyError)):
            claims(saleor, token)
    assert claims(saleor, saleor.dashboard_token())
