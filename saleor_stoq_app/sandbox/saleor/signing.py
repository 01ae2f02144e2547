"""The shop's signing key: RS256 signatures on raw bodies and tokens, and the key set that proves them."""

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt import api_jws, api_jwt
from jwt.algorithms import RSAAlgorithm

BITS = 2048


class SigningKey:
    """One RSA key; its id is the RFC 7638 thumbprint."""

    def __init__(self, private: RSAPrivateKey) -> None:
        self._private = private
        numbers: dict[str, Any] = RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
        self._numbers = {name: numbers[name] for name in ("e", "kty", "n")}
        canonical = json.dumps(self._numbers, sort_keys=True, separators=(",", ":")).encode()
        self.kid = base64.urlsafe_b64encode(hashlib.sha256(canonical).digest()).rstrip(b"=").decode()

    @classmethod
    def generate(cls) -> Self:
        return cls(generate_private_key(public_exponent=65537, key_size=BITS))

    def sign(self, raw: bytes) -> str:
        """Return "<protected>..<signature>" (saleor.md section 5.2)."""
        headers = {"kid": self.kid, "crit": ["b64"]}
        return api_jws.encode(
            raw, self._private, algorithm="RS256", headers=headers, is_payload_detached=True
        )

    def token(self, claims: Mapping[str, Any]) -> str:
        """Return a JWT (saleor.md section 10.3)."""
        return api_jwt.encode(dict(claims), self._private, algorithm="RS256", headers={"kid": self.kid})

    def jwks(self, kid: str | None = None) -> dict[str, Any]:
        """Return the public key set; `kid` overrides the id, for faults."""
        numbers = self._numbers
        key = {"kty": numbers["kty"], "key_ops": ["verify"], "n": numbers["n"], "e": numbers["e"]}
        return {"keys": [key | {"use": "sig", "kid": kid or self.kid, "alg": "RS256"}]}
