"""How Klaviyo says no: error bodies as recorded from the real service (klaviyo.md section 1)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

LIMITS_PAGE = "https://developers.klaviyo.com/en/docs/rate_limits_and_error_handling#rate-limits"


@dataclass(frozen=True, slots=True)
class Problem:
    """One entry of `errors`; `source` names a pointer into the body, a parameter or a header."""

    code: str
    title: str
    detail: str
    source: Mapping[str, str]
    links: Mapping[str, str] | None = None
    meta: Mapping[str, str] | None = None

    def as_json(self, status: int) -> dict[str, Any]:
        # An empty `meta` or `links` is a list at Klaviyo, a full one an object (recorded).
        return {
            "id": str(uuid4()),
            "status": status,
            "code": self.code,
            "title": self.title,
            "detail": self.detail,
            "source": self.source,
            "links": self.links or [],
            "meta": self.meta or [],
        }


class Refused(Exception):
    """A request that ends with an error body."""

    def __init__(self, status: int, *problems: Problem, retry_after: int | None = None) -> None:
        super().__init__(problems[0].detail)
        self.status = status
        self.problems = problems
        self.retry_after = retry_after

    def as_json(self) -> dict[str, Any]:
        return {"errors": [problem.as_json(self.status) for problem in self.problems]}


def invalid_at(pointer: str, detail: str) -> Problem:
    return Problem("invalid", "Invalid input.", detail, {"pointer": pointer})


def invalid(pointer: str, detail: str) -> Refused:
    return Refused(400, invalid_at(pointer, detail))


def invalid_parameter(name: str, detail: str) -> Refused:
    return Refused(400, Problem("invalid", "Invalid input.", detail, {"parameter": name}))


def unauthenticated() -> Refused:
    said = "Incorrect authentication credentials."
    return Refused(401, Problem("authentication_failed", said, said, {"pointer": "/data/"}))


def forbidden(missing: Iterable[str] = ()) -> Refused:
    """Refuse; an app is told which scopes it lacks, the holder of a key is not."""
    said = "You do not have permission to perform this action."
    told = f"{said} Missing scopes: {', '.join(sorted(missing))}." if missing else said
    return Refused(403, Problem("permission_denied", said, told, {"pointer": "/data/"}))


def not_found(detail: str) -> Refused:
    return Refused(404, Problem("not_found", "Not found.", detail, {"pointer": "/data/"}))


def wrong_method(method: str) -> Refused:
    detail = f'Method "{method}" not allowed.'
    return Refused(405, Problem("method_not_allowed", "Method not allowed.", detail, {"pointer": "/data/"}))


def wrong_media_type(media_type: str) -> Refused:
    detail = f'Unsupported media type "{media_type}" in request.'
    problem = Problem("unsupported_media_type", "Unsupported media type.", detail, {"pointer": "/data"})
    return Refused(415, problem)


def conflict(detail: str) -> Refused:
    return Refused(409, Problem("conflict", "Conflict.", detail, {"pointer": "/data/id"}))


def duplicate_profile(profile_id: str) -> Refused:
    detail = "A profile already exists with one of these identifiers."
    source = {"pointer": "/data/attributes"}
    meta = {"duplicate_profile_id": profile_id}
    return Refused(409, Problem("duplicate_profile", "Conflict.", detail, source, meta=meta))


def throttled(seconds: int, *, tell: bool = True) -> Refused:
    """Refuse for `seconds`; without `tell` the Retry-After header is left out."""
    said = "Request was throttled."
    detail = f"{said} Expected available in {seconds} second{'s' if seconds != 1 else ''}."
    problem = Problem("throttled", said, detail, {"pointer": "/data"}, links={"type": LIMITS_PAGE})
    return Refused(429, problem, retry_after=seconds if tell else None)


def broken(status: int) -> Refused:
    """Klaviyo's own trouble: 500 or 503."""
    detail = "A server error has occurred. Please try again later."
    return Refused(status, Problem("error", "A server error has occurred.", detail, {"pointer": "/data/"}))
