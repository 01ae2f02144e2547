"""Saleor's version numbers and the few that part behaviours."""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """A Saleor release, "3.23.28"; pre-releases ("3.24.0-a.0") count as their release."""

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> Self:
        numbers = text.partition("-")[0].split(".")
        major, minor, patch = (int(part) for part in [*numbers, "0", "0"][:3])
        return cls(major, minor, patch)

    @property
    def schema(self) -> str:
        return f"{self.major}.{self.minor}"

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


CHANNEL_EVENTS = Version(3, 23, 2)
OWN_LIFECYCLE_EVENTS = Version(3, 23, 5)
NO_PREORDER = Version(3, 24, 0)
NO_MANAGE_APPS = Version(3, 24, 0)
