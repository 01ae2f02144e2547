"""Profiles: people by identifier, and what they consented to (klaviyo.md sections 3 and 4)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from saleor_stoq_app.sandbox.klaviyo.contacts import country_of
from saleor_stoq_app.sandbox.klaviyo.ids import Ids
from saleor_stoq_app.sandbox.klaviyo.refusals import duplicate_profile, not_found

IDENTIFIERS = ("external_id", "email", "phone_number", "anonymous_id")


@dataclass(frozen=True, slots=True)
class Consent:
    """What a person permitted on one channel, when, and by which means."""

    status: str = "NEVER_SUBSCRIBED"
    at: datetime | None = None
    method: str | None = None
    detail: str | None = None
    updated: datetime | None = None

    @property
    def given(self) -> bool:
        return self.status == "SUBSCRIBED"


NEVER = Consent()


@dataclass(slots=True, eq=False)
class Profile:
    """A person."""

    id: str
    created: datetime
    updated: datetime
    email: str | None = None
    phone_number: str | None = None
    external_id: str | None = None
    anonymous_id: str | None = None
    country: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    sms_marketing: Consent = NEVER
    sms_transactional: Consent = NEVER
    email_marketing: Consent = NEVER
    last_event: datetime | None = None
    last_text: datetime | None = None
    awaits_confirmation: bool = False
    deleted: bool = False


class Profiles:
    """The profiles of an account."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._index: dict[tuple[str, str], Profile] = {}
        self.by_id: dict[str, Profile] = {}

    def with_phone(self, phone: str) -> Profile | None:
        return self._index.get(("phone_number", phone))

    def is_phone(self, phone: str) -> bool:
        """Tell whether the number can exist; a number that has a profile was checked before."""
        return ("phone_number", phone) in self._index or country_of(phone) is not None

    def find(self, given: Mapping[str, Any], profile_id: str | None = None) -> Profile | None:
        """Return the profile that the first known identifier names.

        Raises:
            Refused: the id of no profile was given.
        """
        if profile_id is not None:
            if profile_id not in self.by_id:
                raise not_found(f"A profile with id {profile_id} does not exist.")
            return self.by_id[profile_id]
        for name in IDENTIFIERS:
            profile = self._index.get((name, given[name])) if name in given else None
            if profile is not None:
                return profile
        return None

    def save(
        self, given: Mapping[str, Any], now: datetime, profile_id: str | None = None
    ) -> tuple[Profile, bool]:
        """Create or update: what is left out stays, null clears; return the profile and whether it is new.

        An identifier that belongs to somebody else stays with them.
        """
        profile = self.find(given, profile_id)
        fresh = profile is None
        if profile is None:
            profile = Profile(self._ids.profile(), now, now)
            self.by_id[profile.id] = profile
        for name, value in given.items():
            if name in IDENTIFIERS:
                self._identify(profile, name, value)
            else:
                profile.facts[name] = _merged(profile.facts.get(name), value)
        profile.updated = now
        return profile, fresh

    def forget(self, profile: Profile) -> None:
        """Delete a person for good."""
        profile.deleted = True
        del self.by_id[profile.id]
        for name in IDENTIFIERS:
            self._index.pop((name, getattr(profile, name)), None)

    def refuse_conflict(self, given: Mapping[str, Any], profile_id: str | None = None) -> None:
        """Refuse identifiers that belong to two people."""
        target = self.find(given, profile_id)
        for name in IDENTIFIERS:
            other = self._index.get((name, given.get(name) or ""))
            if target is not None and other not in {None, target}:
                raise duplicate_profile(other.id if other else "")

    def _identify(self, profile: Profile, name: str, value: str | None) -> None:
        before = getattr(profile, name)
        if value == before or (value is not None and (name, value) in self._index):
            return
        if before is not None:
            del self._index[name, before]
        if value is not None:
            self._index[name, value] = profile
        setattr(profile, name, value)
        if name == "phone_number":
            profile.country = country_of(value) if value else None


def _merged(before: Any, value: Any) -> Any:
    return {**before, **value} if isinstance(before, dict) and isinstance(value, dict) else value
