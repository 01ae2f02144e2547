"""Encryption at rest (keys rotate) and keyed hashes for look-ups (the key never changes)."""

import hashlib
import hmac
import secrets as random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import BaseModel, ConfigDict, ValidationError

from saleor_stoq_app.config import Config
from saleor_stoq_app.errors import Misconfigured


class Vault:
    """Encrypts what must not be read from a stolen database, and hashes what must be looked up."""

    def __init__(self, secret_keys: Sequence[str], hash_key: str) -> None:
        try:
            self._box = MultiFernet([Fernet(key) for key in secret_keys])
        except ValueError as error:
            msg = "STOQ_SECRET_KEYS must hold url-safe base64 keys of 32 bytes, newest first."
            raise Misconfigured(msg) from error
        self._hash_key = hash_key.encode()

    def seal(self, plain: str) -> str:
        return self._box.encrypt(plain.encode()).decode()

    def open(self, sealed: str) -> str:
        """Decrypt with whichever of the keys fits.

        Raises:
            Misconfigured: none of the keys fits.
        """
        with _fitting():
            return self._box.decrypt(sealed.encode()).decode()

    def rotate(self, sealed: str) -> str:
        """Encrypt again with the newest key.

        Raises:
            Misconfigured: none of the keys fits.
        """
        with _fitting():
            return self._box.rotate(sealed.encode()).decode()

    def hash(self, shop_id: str, value: str) -> str:
        """Return 32 hex digits by which a contact of this shop is found again."""
        text = f"{shop_id}\0{value}".encode()
        return hmac.new(self._hash_key, text, hashlib.sha256).hexdigest()[:32]

    @property
    def fingerprint(self) -> str:
        """What the database keeps to notice that the hash key was changed."""
        return self.hash("", "fingerprint")


@contextmanager
def _fitting() -> Iterator[None]:
    """Say in our words that no key opens what is stored."""
    try:
        yield
    except InvalidToken as error:
        msg = "Stored secrets cannot be read: a key is missing from STOQ_SECRET_KEYS."
        raise Misconfigured(msg) from error


def load(config: Config) -> Vault:
    """Take the keys from the configuration; make them once for an embedded SQLite.

    Raises:
        Misconfigured: keys are missing and the database is not the embedded one.
    """
    if config.secret_keys and config.hash_key:
        return Vault(
            [key.get_secret_value() for key in config.secret_keys], config.hash_key.get_secret_value()
        )
    if not config.embedded or config.secret_keys or config.hash_key:
        msg = "Set both STOQ_SECRET_KEYS and STOQ_HASH_KEY (`saleor-stoq keys` prints a fresh pair)."
        raise Misconfigured(msg)
    kept = _kept_keys(config.data_dir / "keys.json")
    return Vault(kept.secret_keys, kept.hash_key)


def fresh_keys() -> tuple[str, str]:
    """Return a new encryption key and a new hash key."""
    return Fernet.generate_key().decode(), random.token_urlsafe(32)


class _KeptKeys(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)

    secret_keys: list[str]
    hash_key: str


def _kept_keys(path: Path) -> _KeptKeys:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        secret_key, hash_key = fresh_keys()
        fresh = path.with_suffix(".new")  # renamed when whole, so that a crash leaves no half a key
        fresh.touch(mode=0o600)
        fresh.write_text(_KeptKeys(secret_keys=[secret_key], hash_key=hash_key).model_dump_json())
        fresh.rename(path)
    try:
        return _KeptKeys.model_validate_json(path.read_bytes())
    except ValidationError:
        msg = f"{path} cannot be read: bring it back from a backup, for without it no stored secret opens."
        raise Misconfigured(msg) from None
