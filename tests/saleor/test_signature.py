import hashlib
import hmac
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st
from jwt import api_jws
from jwt.algorithms import ECAlgorithm
from jwt.utils import base64url_encode

from saleor_stoq_app.errors import Unauthenticated
from saleor_stoq_app.saleor.signature import UnknownKey, prepare, verify
from tests.fixtures.deliveries import SIGNED
from tests.fixtures.fake_shop import SIGNING_KEY, public_jwk

BODY = b'{"__typename": "ProductVariantBackInStock"}'
KEYS = prepare({"keys": [public_jwk("first")]})


def sign(raw=BODY, *, kid="first", key=SIGNING_KEY, alg="RS256", **headers):
    said = {"b64": False, "crit": ["b64"], "kid": kid} | headers
    return api_jws.encode(raw, key, alg, headers={k: v for k, v in said.items() if v is not None})


def with_header(header, signature=None):
    protected = base64url_encode(json.dumps(header).encode()).decode()
    return f"{protected}..{(signature or sign()).rpartition('.')[2]}"


@pytest.mark.parametrize("delivery", SIGNED.values(), ids=lambda delivery: delivery.name)
def test_every_real_delivery_verifies_and_one_byte_more_does_not(delivery):
    keys = prepare(delivery.jwks)
    verify(delivery.raw, delivery.signature, keys)
    for wrong in (delivery.raw + b" ", delivery.raw[:-1], b""):
        with pytest.raises(Unauthenticated) as refused:
            verify(wrong, delivery.signature, keys)
        assert not isinstance(refused.value, UnknownKey)


def test_there_are_51_signed_deliveries():
    assert len(SIGNED) == 51


def test_a_signature_by_a_key_that_we_do_not_have_is_told_apart():
    stranger = rsa.generate_private_key(65537, 2048)
    with pytest.raises(UnknownKey):
        verify(BODY, sign(kid="second", key=stranger), KEYS)
    with pytest.raises(UnknownKey):
        verify(BODY, sign(), prepare({"keys": []}))


def test_a_strangers_signature_under_a_known_key_id_is_refused():
    stranger = rsa.generate_private_key(65537, 2048)
    with pytest.raises(Unauthenticated, match="does not fit"):
        verify(BODY, sign(key=stranger), KEYS)


@pytest.mark.parametrize("alg", ["RS384", "RS512", "PS256"])
def test_another_algorithm_of_the_same_key_is_refused(alg):
    with pytest.raises(Unauthenticated, match="RS256"):
        verify(BODY, sign(alg=alg), KEYS)


def test_hmac_with_the_public_key_as_the_secret_is_refused():
    protected = base64url_encode(b'{"alg":"HS256","b64":false,"crit":["b64"],"kid":"first"}').decode()
    mac = hmac.new(
        public_jwk("first")["n"].encode(), protected.encode() + b"." + BODY, hashlib.sha256
    ).digest()
    with pytest.raises(Unauthenticated, match="RS256"):
        verify(BODY, f"{protected}..{base64url_encode(mac).decode()}", KEYS)


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none", "b64": False, "crit": ["b64"], "kid": "first"},
        {"alg": "RS256", "b64": True, "crit": ["b64"], "kid": "first"},
        {"alg": "RS256", "kid": "first"},
        {"alg": "RS256", "b64": False, "kid": "first"},
        {"alg": "RS256", "b64": False, "crit": ["b64", "exp"], "kid": "first"},
        {"alg": "RS256", "b64": False, "crit": "b64", "kid": "first"},
        {"alg": "RS256", "b64": False, "crit": ["b64"]},
        {"alg": "RS256", "b64": False, "crit": ["b64"], "kid": 1},
        {"alg": "RS256", "b64": False, "crit": ["b64"], "kid": ["first"]},
        ["RS256"],
    ],
)
def test_a_header_that_saleor_would_not_write_is_refused(header):
    with pytest.raises(Unauthenticated) as refused:
        verify(BODY, with_header(header), KEYS)
    assert not isinstance(refused.value, UnknownKey)


@pytest.mark.parametrize(
    "change",
    [
        lambda _: "",
        lambda _: hmac.new(b"secret", BODY, hashlib.sha256).hexdigest(),
        lambda good: good.replace("..", "."),
        lambda good: good.replace("..", f".{base64url_encode(BODY).decode()}."),
        lambda good: good + ".",
        lambda good: good + "\n",
        lambda good: good + "=",
        lambda good: good[:-1],
        lambda good: good + "AAA",
        lambda good: good.rpartition(".")[0] + ".",
        lambda good: "é" + good,
        lambda good: "A" * 100_000 + good,
    ],
)
def test_a_mangled_signature_is_refused(change):
    with pytest.raises(Unauthenticated):
        verify(BODY, change(sign()), KEYS)


def test_a_good_signature_is_accepted_again_and_again():
    for raw in (BODY, b"", b"\x00\xff" * 1000):
        verify(raw, sign(raw), KEYS)
        verify(raw, sign(raw), KEYS)


def test_only_usable_public_keys_for_signatures_are_taken():
    curve = ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()).public_key(), as_dict=True)
    short = rsa.generate_private_key(65537, 1024)  # noqa: S505 - too short on purpose
    good = public_jwk("good")
    entries = [
        good,
        {**good, "kid": "plain", "alg": "RS256", "d": "AQAB"},
        {name: value for name, value in good.items() if name != "kid"},
        {**good, "kid": 1},
        {**good, "kid": "other", "alg": "RS512"},
        {**good, "kid": "encryption", "use": "enc"},
        {**good, "kid": "halved", "n": None},
        {**good, "kid": "zero", "n": "AA"},
        {**curve, "kid": "curve", "alg": "RS256"},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "secret", "alg": "RS256"},
        public_jwk("short", short),
        "key",
        None,
    ]
    assert set(prepare({"keys": entries})) == {"good", "plain"}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
headers = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("b64", "crit", "kid", "typ"), json_values)
    | {"alg": st.sampled_from(["RS256", "HS256", "none"]) | json_values},
)


@given(
    headers.map(with_header) | st.text() | st.from_regex(r"[A-Za-z0-9_.-]{0,80}", fullmatch=True), st.binary()
)
def test_junk_is_refused_in_our_own_words(signature, raw):
    with pytest.raises(Unauthenticated):
        verify(raw, signature, KEYS)


@given(json_values | st.fixed_dictionaries({"keys": st.lists(headers | json_values)}))
def test_any_json_is_a_key_set_with_or_without_usable_keys(jwks):
    assert prepare(jwks) == {}


@given(
    st.fixed_dictionaries(
        {
            "kty": st.just("RSA"),
            "kid": st.text(),
            "n": st.text() | json_values | st.from_regex(r"[A-Za-z0-9_-]{0,400}", fullmatch=True),
            "e": st.text() | json_values | st.sampled_from(["AQAB", "AQ", "AA"]),
        }
    )
)
def test_odd_numbers_never_break_the_reading_of_keys(entry):
    assert len(prepare({"keys": [entry]})) <= 1
