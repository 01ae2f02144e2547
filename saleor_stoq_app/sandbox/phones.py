"""The phones of the sandbox: what each one received, for the demo's story and the tests' proof."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Text:
    """One text message as a phone shows it."""

    at: datetime
    body: str


class Phones:
    """Every phone that was ever texted, by its E.164 number."""

    def __init__(self) -> None:
        self._inboxes: dict[str, list[Text]] = {}

    def receive(self, phone: str, text: str, at: datetime) -> None:
        self._inboxes.setdefault(phone, []).append(Text(at, text))

    def inbox(self, phone: str) -> tuple[Text, ...]:
        """Return what the phone received, oldest first; nothing for a phone never texted."""
        return tuple(self._inboxes.get(phone, ()))

    def all(self) -> Mapping[str, tuple[Text, ...]]:
        return {phone: tuple(texts) for phone, texts in self._inboxes.items()}

    def counts(self) -> Mapping[str, int]:
        """Return how many texts each phone received."""
        return {phone: len(texts) for phone, texts in self._inboxes.items()}

    def total(self) -> int:
        return sum(map(len, self._inboxes.values()))
