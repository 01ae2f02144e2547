"""A Dashboard token proves a staff member of this shop, to this app, for these minutes; nothing else does."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jwt import api_jws

from saleor_stoq_app.clock import ManualClock
from saleor_stoq_app.errors import Forbidden, Unauthenticated
from saleor_stoq_app.saleor.ids import parse_saleor_api_url
from saleor_stoq_app.saleor.shops import Shop, ShopStatus
from saleor_stoq_app.saleor.signature import UnknownKey, prepare
from saleor_stoq_app.saleor.staff import Staff, read_staff
from saleor_stoq_app.sandbox.saleor import SandboxSaleor
from saleor_stoq_app.sandbox.saleor.installed import InstalledApp

NOW = datetime(2031, 5, 4, 9, 0, tzinfo=UTC)
URL = "https://shop.example/graphql/"


@cache
def saleor() -> SandboxSaleor:
    """A shop with our app, and another one beside it."""
    double = SandboxSaleor(ManualClock(NOW), api_url=URL)
    for key, name in enumerate(("saleor.app.stoq", "other.app"), 1):
        double.shop.apps.append(InstalledApp(key, name, name, ("MANAGE_PRODUCTS", "MANAGE_ORDERS"), "t" * 30))
    return double


def ours() -> InstalledApp:
    return saleor().shop.apps[0]


def shop() -> Shop:
    url = parse_saleor_api_url(URL)
    return Shop("s" * 32, "pub_x", url, ours().id, "t" * 30, {}, "3.23", ShopStatus.ACTIVE)


@cache
def token() -> str:
    return saleor().dashboard_token(ours(), permissions=("MANAGE_APPS", "MANAGE_ORDERS"), email="a@b.example")


def claims(**changes) -> dict:
    said = json.loads(api_jws.decode(token(), options={"verify_signature": False}))
    return said | changes


def signed(said: object) -> str:
    return signed_bytes(json.dumps(said).encode())


def signed_bytes(body: bytes) -> str:
    key = saleor().key()
    return api_jws.encode(body, key._private, algorithm="RS256", headers={"kid": key.kid})


def read(text: str, now: datetime = NOW) -> Staff:
    return read_staff(text, prepare(saleor().key().jwks()), shop(), now)


def refused(text: str, now: datetime = NOW) -> str:
    with pytest.raises(Unauthenticated) as refusal:
        read(text, now)
    return refusal.value.code


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def forged(header: dict, seal) -> str:
    """Put the right claims under another header, and seal them in another way."""
    kid = {"kid": saleor().key().kid, "typ": "JWT"}
    body = f"{encoded(json.dumps(kid | header).encode())}.{token().split('.')[1]}"
    return f"{body}.{encoded(seal(body.encode()))}"


def test_a_token_of_the_dashboard_names_the_person_and_their_permissions():
    staff = read(token())

    assert staff.user_id == claims()["user_id"]
    assert staff.email == "a@b.example"
    assert staff.permissions == {"MANAGE_APPS", "MANAGE_ORDERS"}


def test_permissions_are_the_persons_own_not_those_shared_with_the_app():
    assert claims()["permissions"] == ["MANAGE_ORDERS"]
    assert "MANAGE_APPS" in read(token()).permissions


def test_staff_show_no_address_when_printed():
    assert "@" not in repr(read(token()))


def test_a_missing_permission_is_named():
    staff = read(token())
    staff.require("MANAGE_APPS")

    with pytest.raises(Forbidden, match="MANAGE_PRODUCTS") as refusal:
        staff.require("MANAGE_PRODUCTS")

    assert refusal.value.code == "PERMISSION_MISSING"
    assert "MANAGE_PRODUCTS" in refusal.value.fix


def test_the_issuer_may_be_spelled_as_the_shops_operator_likes():
    assert read(signed(claims(iss="https://Shop.Example:443/graphql/")))


def test_an_audience_and_an_extension_do_no_harm():
    assert read(signed(claims(aud="anybody", app_extension="QXBwRXh0ZW5zaW9uOjE=")))


CLAIMS = {
    "a shopper's token": ({"type": "access", "is_staff": False}, "TYPE"),
    "a token to refresh with": ({"type": "refresh"}, "TYPE"),
    "another app's": ({"app": "QXBwOjI="}, "APP"),
    "another shop's, by the same key": ({"iss": "https://other.example/graphql/"}, "SHOP"),
    "an issuer that is no shop": ({"iss": "https://shop.example/"}, "SHOP"),
    "a shopper's, for the app": ({"is_staff": False}, "NOT_STAFF"),
    "nearly staff": ({"is_staff": 1}, "CLAIMS"),
    "a user without an id": ({"user_id": ""}, "USER"),
    "permissions as a text": ({"user_permissions": "MANAGE_APPS"}, "CLAIMS"),
    "an end as a text": ({"exp": "4102444800"}, "CLAIMS"),
    "an end that never comes": ({"exp": float("inf")}, "CLAIMS"),
    "a beginning in the future": ({"nbf": int(NOW.timestamp()) + 11}, "NOT_YET"),
    "an issue in the future": ({"iat": int(NOW.timestamp()) + 11}, "NOT_YET"),
    "an old end": ({"exp": int(NOW.timestamp()) - 10}, "EXPIRED"),
    "an end before all time": ({"exp": -(10**400)}, "EXPIRED"),
    "an issue after all time": ({"iat": 10**400}, "NOT_YET"),
}


@pytest.mark.parametrize(("changes", "code"), CLAIMS.values(), ids=CLAIMS)
def test_signed_claims_that_are_not_for_us_are_refused(changes, code):
    assert refused(signed(claims(**changes))) == code


@pytest.mark.parametrize(
    "name", ["iss", "type", "app", "is_staff", "iat", "exp", "user_id", "email", "user_permissions"]
)
def test_a_missing_claim_is_refused(name):
    said = claims()
    del said[name]

    assert refused(signed(said)) == "CLAIMS"


@pytest.mark.parametrize("body", [b"[]", b"null", b'"text"', b"{", b"", b"[" * 9_000, b"\xff"])
def test_a_signed_body_that_is_no_set_of_claims_is_refused(body):
    assert refused(signed_bytes(body)) in {"CLAIMS", "FORM"}


def test_tokens_for_the_shops_own_api_are_refused():
    assert refused(saleor().customer_token()) == "CLAIMS"
    assert refused(saleor().staff_token()) == "CLAIMS"


def test_the_token_of_another_app_is_refused():
    assert refused(saleor().dashboard_token(saleor().shop.apps[1])) == "APP"


def test_the_token_of_another_shop_is_refused():
    other = SandboxSaleor(ManualClock(NOW), api_url="https://other.example/graphql/")
    other.shop.apps.append(ours())

    with pytest.raises(UnknownKey):
        read(other.dashboard_token())


@pytest.mark.parametrize(("seconds", "accepted"), [(0, True), (309, True), (310, False), (90_000, False)])
def test_five_minutes_and_ten_seconds_it_lasts(seconds, accepted):
    later = NOW + timedelta(seconds=seconds)

    assert read(token(), later) if accepted else refused(token(), later) == "EXPIRED"


@pytest.mark.parametrize(("seconds", "accepted"), [(10, True), (11, False)])
def test_a_shop_whose_clock_runs_ten_seconds_ahead_is_forgiven(seconds, accepted):
    earlier = NOW - timedelta(seconds=seconds)

    assert read(token(), earlier) if accepted else refused(token(), earlier) == "NOT_YET"


def public_pem() -> bytes:
    from cryptography.hazmat.primitives import serialization as s

    public = saleor().key()._private.public_key()
    return public.public_bytes(s.Encoding.PEM, s.PublicFormat.SubjectPublicKeyInfo)


def rs256(body: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    return saleor().key()._private.sign(body, PKCS1v15(), SHA256())


def hs256(body: bytes) -> bytes:
    return hmac.new(public_pem(), body, hashlib.sha256).digest()


FORGERIES = {
    "no algorithm": ({"alg": "none"}, lambda _: b"x"),
    "no algorithm, in another case": ({"alg": "NoNe"}, lambda _: b"x"),
    "the public key as a shared secret": ({"alg": "HS256"}, hs256),
    "another algorithm": ({"alg": "RS512"}, rs256),
    "an algorithm that is none": ({"alg": ["RS256"]}, rs256),
    "a shared secret under our algorithm": ({"alg": "RS256"}, hs256),
    "a wrong signature": ({"alg": "RS256"}, lambda _: b"\0" * 256),
    "a short signature": ({"alg": "RS256"}, lambda _: b"\0"),
    "a key that is no text": ({"alg": "RS256", "kid": {}}, rs256),
    "what we do not understand, and must": ({"alg": "RS256", "crit": ["exp"]}, rs256),
    "a detached body": ({"alg": "RS256", "b64": False, "crit": ["b64"]}, rs256),
}


@pytest.mark.parametrize(("header", "seal"), FORGERIES.values(), ids=FORGERIES)
def test_forged_tokens_are_refused(header, seal):
    assert refused(forged(header, seal)) in {"FORM", "ALGORITHM", "SIGNATURE"}


def test_the_forger_of_these_tests_can_make_a_right_one():
    assert read(forged({"alg": "RS256"}, rs256)) == read(token())


def test_a_token_without_its_signature_is_refused():
    head, body, _ = token().split(".")

    assert {refused(text) for text in (f"{head}.{body}.", f"{head}.{body}", f"{head}..", head)} == {"FORM"}


def test_a_key_of_somebody_elses_under_the_shops_name_is_refused():
    other = SandboxSaleor(ManualClock(NOW), api_url=URL)
    stranger = prepare(other.key().jwks(kid=saleor().key().kid))

    with pytest.raises(Unauthenticated) as refusal:
        read_staff(token(), stranger, shop(), NOW)

    assert refusal.value.code == "SIGNATURE"


def test_a_signature_of_a_delivery_is_no_token():
    assert refused(saleor().key().sign(json.dumps(claims()).encode())) == "FORM"


@pytest.mark.parametrize("text", ["", " ", "Bearer {}", "{} ", "{}\n", "{}.x", "é{}", "\ud800.{}", "{}" * 20])
def test_what_is_not_exactly_one_token_is_refused(text):
    assert refused(text.replace("{}", token())) == "FORM"


@given(st.text() | st.from_regex(r"[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*", fullmatch=True))
def test_junk_is_refused(text):
    assert refused(text)


@given(st.recursive(st.none() | st.integers() | st.text(), st.lists), st.binary())
def test_junk_in_the_header_is_refused(header, seal):
    text = f"{encoded(json.dumps(header).encode())}.{token().split('.')[1]}.{encoded(seal)}"

    assert refused(text)


@given(st.data())
def test_a_changed_token_never_says_anything_else(data):
    at = data.draw(st.integers(0, len(token()) - 1))
    text = token()[:at] + data.draw(st.characters(codec="ascii")) + token()[at + 1 :]
    try:
        staff = read(text)
    except Unauthenticated:
        return
    assert staff == read(token())


JSON = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text())


@given(st.dictionaries(st.sampled_from(sorted([*claims(), "nbf"])), JSON))
def test_only_the_right_claims_pass_whatever_the_shop_signs(changes):
    said = claims(**changes)
    try:
        staff = read(signed(said))
    except Unauthenticated:
        return
    assert (said["type"], said["app"], said["is_staff"]) == ("thirdparty", ours().id, True)
    assert parse_saleor_api_url(said["iss"]) == URL
    assert said["exp"] + 10 > NOW.timestamp() >= said["iat"] - 10
    assert staff.permissions == set(said["user_permissions"])
