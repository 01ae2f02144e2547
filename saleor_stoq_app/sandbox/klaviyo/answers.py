"""What the double sends back: status, headers and a JSON:API body."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import orjson

from saleor_stoq_app.sandbox.klaviyo.refusals import Refused

MEDIA_TYPE = "application/vnd.api+json"


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; without a body there is no content type (recorded: 202 is empty)."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = MEDIA_TYPE

    @classmethod
    def of(cls, document: Any, status: int = 200) -> Self:
        return cls(status, orjson.dumps(document))

    @classmethod
    def refusing(cls, refusal: Refused) -> Self:
        told = {} if refusal.retry_after is None else {"Retry-After": str(refusal.retry_after)}
        return cls(refusal.status, orjson.dumps(refusal.as_json()), told)


ACCEPTED = Answer(202)
GONE = Answer(204)
