"""Encryption with keys that rotate, and hashes that find a contact again."""

import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from saleor_stoq_app.config import Config
from saleor_stoq_app.errors import Misconfigured
from saleor_stoq_app.secrets import Vault, fresh_keys, load

OLD, HASH_KEY = fresh_keys()
NEW, _ = fresh_keys()
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(text=TEXTS)
def test_what_is_sealed_opens_again_and_cannot_be_read(text):
    sealed = Vault([OLD], HASH_KEY).seal(text)
    assert Vault([OLD], HASH_KEY).open(sealed) == text
    assert len(text) < 4 or text not in sealed


def test_a_new_key_still_opens_what_the_old_one_sealed_until_it_is_rotated():
    sealed = Vault([OLD], HASH_KEY).seal("token")
    both = Vault([NEW, OLD], HASH_KEY)
    assert both.open(sealed) == "token"
    assert Vault([NEW], HASH_KEY).open(both.rotate(sealed)) == "token"


@pytest.mark.parametrize("use", [Vault.open, Vault.rotate])
def test_without_the_right_key_nothing_opens(use):
    sealed = Vault([OLD], HASH_KEY).seal("token")
    with pytest.raises(Misconfigured, match="STOQ_SECRET_KEYS"):
        use(Vault([NEW], HASH_KEY), sealed)


@pytest.mark.parametrize("keys", [[], ["short"], [OLD, "no key"]])
def test_unusable_keys_stop_the_start_and_are_not_shown(keys):
    with pytest.raises(Misconfigured, match="32 bytes") as stopped:
        Vault(keys, HASH_KEY)
    assert OLD not in str(stopped.value)


@given(phone=TEXTS)
def test_a_contact_has_one_hash_per_shop_and_key(phone):
    vault = Vault([OLD], HASH_KEY)
    hashed = vault.hash("shop", phone)
    assert hashed == Vault([NEW], HASH_KEY).hash("shop", phone)
    assert len(hashed) == 32
    assert len({hashed, vault.hash("other shop", phone), Vault([OLD], "other").hash("shop", phone)}) == 3


def test_the_fingerprint_changes_with_the_hash_key_alone():
    assert Vault([OLD], HASH_KEY).fingerprint == Vault([NEW], HASH_KEY).fingerprint
    assert Vault([OLD], HASH_KEY).fingerprint != Vault([OLD], "other").fingerprint


def test_an_embedded_database_gets_keys_once_that_nobody_else_may_read(tmp_path):
    config = Config(data_dir=tmp_path / "data")
    sealed = load(config).seal("token")
    assert load(config).open(sealed) == "token"
    kept = tmp_path / "data" / "keys.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "given_keys",
    [
        {"database_url": "postgresql://stoq@db/stoq"},
        {"secret_keys": (SecretStr(OLD),)},
        {"hash_key": SecretStr(HASH_KEY)},
    ],
)
def test_missing_keys_stop_the_start(tmp_path, given_keys):
    with pytest.raises(Misconfigured, match="STOQ_HASH_KEY"):
        load(Config(data_dir=tmp_path, **given_keys))
    assert list(tmp_path.iterdir()) == []


def test_the_operators_keys_are_used(tmp_path):
    config = Config(data_dir=tmp_path, secret_keys=(SecretStr(OLD),), hash_key=SecretStr(HASH_KEY))
    assert load(config).fingerprint == Vault([OLD], HASH_KEY).fingerprint
    assert list(tmp_path.iterdir()) == []
