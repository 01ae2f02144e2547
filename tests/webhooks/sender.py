"""A Saleor that signs deliveries, publishes its keys, and can lose, change or hide them."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt import api_jws
from jwt.algorithms import RSAAlgorithm


@cache
def key(name: str) -> rsa.RSAPrivateKey:
    """A key pair, the same for a name throughout a run."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def sign(raw: bytes, name: str) -> str:
    """Sign as saleor.md section 5.2 describes; the name of the key is its id."""
    headers = {"b64": False, "crit": ["b64"], "kid": name}
    return api_jws.encode(raw, key(name), algorithm="RS256", headers=headers, is_payload_detached=True)


def published(name: str) -> dict[str, Any]:
    public = RSAAlgorithm.to_jwk(key(name).public_key(), as_dict=True)
    return {"keys": [public | {"kid": name, "use": "sig", "alg": "RS256"}]}


class FakeSaleor:
    """One shop's sending side; `jwks_fetches` counts who asked for its keys."""

    def __init__(self, host: str = "shop.example", key_id: str = "first") -> None:
        self.url = f"https://{host}/graphql/"
        self.key_id = key_id
        self.app_id = "QXBwOjE="
        self.jwks_fetches = 0
        self.fault = ""

    @property
    def jwks(self) -> dict[str, Any]:
        return published(self.key_id)

    def rotate(self, key_id: str = "second") -> None:
        """Replace the key; Saleor knows no overlap."""
        self.key_id = key_id

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/.well-known/jwks.json"
        self.jwks_fetches += 1
        faults = {
            "slow": httpx.ReadTimeout("too slow"),
            "unreachable": httpx.ConnectError("nobody there"),
            "down": httpx.Response(503),
            "gone": httpx.Response(404),
            "huge": httpx.Response(200, content=b'{"keys": ["' + b"x" * 1_000_000 + b'"]}'),
            "empty": httpx.Response(200, json={"keys": []}),
            "page": httpx.Response(200, content=b"<html>"),
        }
        answer = faults.get(self.fault, httpx.Response(200, json=self.jwks))
        if isinstance(answer, Exception):
            raise answer
        return answer

    def body(self, typename: str, **content: Any) -> bytes:
        sent = {"__typename": typename, "issuedAt": "2026-11-23T02:35:27.935296+00:00", "version": "3.23.28"}
        return json.dumps(sent | {"recipient": {"id": self.app_id}} | content).encode()

    def headers(self, event: str, raw: bytes, **changes: str) -> dict[str, str]:
        """Return Saleor's headers; a change to "" leaves one out."""
        said: Mapping[str, str] = {
            "Content-Type": "application/json",
            "Saleor-Event": event,
            "Saleor-Domain": "shop.example",
            "Saleor-Api-Url": self.url,
            "Saleor-Signature": sign(raw, self.key_id),
        }
        changed = {name.replace("_", "-").title(): value for name, value in changes.items()}
        return {name: value for name, value in {**said, **changed}.items() if value}
