"""Permission to text: jobs are checked at once and hold minutes later (klaviyo.md section 4)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from saleor_stoq_app.sandbox.klaviyo.account import DOUBLE_OPT_IN, Account, ContactList
from saleor_stoq_app.sandbox.klaviyo.consent_bodies import (
    Grant,
    LeaverAttributes,
    OnList,
    Subscribe,
    Subscriber,
    SubscriberAttributes,
    Unsubscribe,
)
from saleor_stoq_app.sandbox.klaviyo.contacts import BAD_PHONE, TEXTED_COUNTRIES, country_of
from saleor_stoq_app.sandbox.klaviyo.profiles import Consent, Profile
from saleor_stoq_app.sandbox.klaviyo.refusals import Problem, Refused, invalid, invalid_at, not_found

MOST_SUBSCRIBERS = 1000
MOST_LEAVERS = 100
PROFILES = "/data/attributes/profiles/data"


@dataclass(frozen=True, slots=True)
class Terms:
    """How a job's permissions are taken."""

    account: Account
    source: str | None
    contacts: ContactList | None
    historical: bool

    @property
    def asks_first(self) -> bool:
        process = self.contacts.opt_in_process if self.contacts else self.account.default_opt_in
        return process == DOUBLE_OPT_IN and not self.historical


def subscribe(account: Account, job: Subscribe, now: datetime) -> None:
    """Take a job.

    Raises:
        Refused: an element breaks a rule; then nobody is subscribed.
    """
    attributes = job["attributes"]
    people = attributes["profiles"]["data"]
    historical = bool(attributes.get("historical_import"))
    _refuse_too_many(len(people), MOST_SUBSCRIBERS)
    pairs = [(f"{PROFILES}/{i}/attributes", person["attributes"]) for i, person in enumerate(people)]
    found = [one for pointer, person in pairs for one in _problems(account, person, pointer)]
    found += [
        one
        for pointer, person in pairs
        for one in _time_problems(person, pointer, now, historical=historical)
    ]
    if found:
        raise Refused(400, *found)
    contacts = _contact_list(account, job.get("relationships"))
    terms = Terms(account, attributes.get("custom_source"), contacts, historical)
    for one in [person for person in people if _becomes_profile(terms, person)]:
        account.schedule.at(account.consent_due(now), partial(_apply, terms, one))


def unsubscribe(account: Account, job: Unsubscribe, now: datetime) -> None:
    """Take a job that withdraws permissions, everywhere.

    Raises:
        Refused: too many, or an element without the contact that its channel needs.
    """
    people = job["attributes"]["profiles"]["data"]
    _refuse_too_many(len(people), MOST_LEAVERS)
    for i, person in enumerate(people):
        if person["attributes"]["subscriptions"].get("sms") and not person["attributes"].get("phone_number"):
            raise Refused(400, _missing(f"{PROFILES}/{i}/attributes", "phone_number", "sms"))
    _contact_list(account, job.get("relationships"))
    due = now + timedelta(seconds=account.delays.withdrawal)
    for person in people:
        account.schedule.at(due, partial(_withdraw, account, person["attributes"]))


def opt_in(account: Account, phone: str, now: datetime) -> Profile:
    """Let a person hold every permission at once, as if given long ago."""
    profile, _ = account.profiles.save({"phone_number": phone}, now)
    given = Consent("SUBSCRIBED", now, "API", None, now)
    profile.sms_marketing = profile.sms_transactional = given
    return profile


def reply(account: Account, phone: str, text: str, now: datetime) -> None:
    """Let a person answer a text: YES confirms a double opt-in, STOP withdraws every permission to text."""
    profile = account.profiles.with_phone(phone)
    word = text.strip().upper()
    if profile is None:
        return
    if word == "STOP":
        profile.sms_marketing = profile.sms_transactional = Consent("UNSUBSCRIBED", now, "TEXT", "STOP", now)
        profile.awaits_confirmation = False
    elif word in {"Y", "YES"} and profile.awaits_confirmation:
        profile.sms_marketing = Consent("SUBSCRIBED", now, "TEXT", word, now)
        profile.awaits_confirmation = False


def _problems(account: Account, person: SubscriberAttributes, pointer: str) -> Iterator[Problem]:
    if not _grants(person):
        yield invalid_at(f"{pointer}/subscriptions", "'subscriptions' must name at least one channel.")
    if person["subscriptions"].get("email") and not person.get("email"):
        yield _missing(pointer, "email", "email")
    if person["subscriptions"].get("sms"):
        yield from _phone_problems(account, person, pointer)


def _phone_problems(account: Account, person: SubscriberAttributes, pointer: str) -> Iterator[Problem]:
    phone = person.get("phone_number")
    if not phone:
        yield _missing(pointer, "phone_number", "sms")
        return
    country = country_of(phone)
    if country is None:
        yield invalid_at(f"{pointer}/phone_number", BAD_PHONE)
    elif country not in account.sends_to & TEXTED_COUNTRIES:
        said = "There is no sending number for the region of this phone number."
        yield invalid_at(f"{pointer}/phone_number", said)
    if account.age_gated and not person.get("age_gated_date_of_birth"):
        said = "'age_gated_date_of_birth' is required for accounts using age-gating."
        yield invalid_at(f"{pointer}/age_gated_date_of_birth", said)


def _time_problems(
    person: SubscriberAttributes, pointer: str, now: datetime, *, historical: bool
) -> Iterator[Problem]:
    for grant in _grants(person):
        moment = grant.get("consented_at")
        if not historical and moment is not None:
            said = "'consented_at' may only be given when 'historical_import' is true."
            yield invalid_at(f"{pointer}/subscriptions", said)
        if historical and (moment is None or moment >= now):
            said = "'consented_at' is required and must be in the past when 'historical_import' is true."
            yield invalid_at(f"{pointer}/subscriptions", said)


def _grants(person: SubscriberAttributes) -> list[Grant]:
    email = person["subscriptions"].get("email") or {}
    sms = person["subscriptions"].get("sms") or {}
    return [
        grant for grant in (email.get("marketing"), sms.get("marketing"), sms.get("transactional")) if grant
    ]


def _missing(pointer: str, field: str, channel: str) -> Problem:
    said = f"'{field}' must not be empty when the {channel} channel is included in 'subscriptions'."
    return invalid_at(f"{pointer}/{field}", said)


def _refuse_too_many(count: int, most: int) -> None:
    if count > most:
        raise invalid(PROFILES, f"No more than {most} profiles may be given, got {count}.")


def _contact_list(account: Account, relationships: OnList | None) -> ContactList | None:
    if not relationships or "list" not in relationships:
        return None
    wanted = relationships["list"]["data"]["id"]
    if wanted not in account.lists:
        raise not_found(f"A list with id {wanted} does not exist.")
    return account.lists[wanted]


def _identity(person: SubscriberAttributes | LeaverAttributes) -> dict[str, str]:
    named = {"email": person.get("email"), "phone_number": person.get("phone_number")}
    return {name: value for name, value in named.items() if value}


def _becomes_profile(terms: Terms, person: Subscriber) -> bool:
    """Recorded live: somebody new, without a list and without historical_import, never becomes a profile."""
    known = terms.account.profiles.find(_identity(person["attributes"]), person.get("id"))
    return known is not None or terms.contacts is not None or terms.historical


def _apply(terms: Terms, person: Subscriber, now: datetime) -> None:
    attributes, ident = person["attributes"], person.get("id")
    if ident and ident not in terms.account.profiles.by_id:
        return  # deleted meanwhile
    profile, _ = terms.account.profiles.save(_identity(attributes), now, ident)
    email = attributes["subscriptions"].get("email") or {}
    sms = attributes["subscriptions"].get("sms") or {}
    if mail := email.get("marketing"):
        profile.email_marketing = _given(terms, mail, now)
    if transactional := sms.get("transactional"):
        # Always single opt-in, and never put on a list.
        profile.sms_transactional = _given(terms, transactional, now)
    if marketing := sms.get("marketing"):
        _apply_marketing(terms, profile, marketing, now)


def _apply_marketing(terms: Terms, profile: Profile, grant: Grant, now: datetime) -> None:
    if terms.contacts:
        terms.contacts.members.add(profile.id)
    if terms.asks_first:
        profile.awaits_confirmation = True
        question = f"{terms.account.name}: Reply YES to confirm that we may text you."
        terms.account.phones.receive(profile.phone_number or "", question, now)
    else:
        profile.sms_marketing = _given(terms, grant, now)


def _given(terms: Terms, grant: Grant, now: datetime) -> Consent:
    return Consent("SUBSCRIBED", grant.get("consented_at") or now, "API", terms.source, now)


def _withdraw(account: Account, person: LeaverAttributes, now: datetime) -> None:
    profile = account.profiles.find(_identity(person))
    if profile is None:
        return
    gone = Consent("UNSUBSCRIBED", now, "API", None, now)
    email = person["subscriptions"].get("email") or {}
    sms = person["subscriptions"].get("sms") or {}
    if email.get("marketing"):
        profile.email_marketing = gone
    if sms.get("marketing"):
        profile.sms_marketing = gone
    if sms.get("transactional"):
        profile.sms_transactional = gone
