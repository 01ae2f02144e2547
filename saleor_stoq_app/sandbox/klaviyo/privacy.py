"""Deletion of a person on request (klaviyo.md section 4)."""

from datetime import datetime, timedelta
from functools import partial
from typing import Literal, NotRequired

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from saleor_stoq_app.sandbox.klaviyo.account import Account
from saleor_stoq_app.sandbox.klaviyo.answers import ACCEPTED, Answer
from saleor_stoq_app.sandbox.klaviyo.calls import Call
from saleor_stoq_app.sandbox.klaviyo.contract import STRICT, Document, Email, Text, parse
from saleor_stoq_app.sandbox.klaviyo.refusals import invalid

AT = "/data/attributes/profile/data"


class Contact(TypedDict, total=False):
    """How a person is named."""

    email: Email | None
    phone_number: Text | None


class Person(TypedDict):
    """Who is to be forgotten."""

    type: Literal["profile"]
    id: NotRequired[Text | None]
    attributes: Contact


class JobAttributes(TypedDict):
    """What a deletion job is about."""

    profile: Document[Person]


class Job(TypedDict):
    """The body of POST /api/data-privacy-deletion-jobs."""

    type: Literal["data-privacy-deletion-job"]
    attributes: JobAttributes


JOB = TypeAdapter(Document[Job], config=STRICT)


def forget(call: Call) -> Answer:
    """Take a job; somebody unknown is accepted like anybody else."""
    person = parse(JOB, call.body)["data"]["attributes"]["profile"]["data"]
    named = {name: value for name, value in person["attributes"].items() if value}
    if len(named) + bool(person.get("id")) != 1:
        raise invalid(AT, "Exactly one of id, email and phone_number must be given.")
    account = call.account
    due = call.now + timedelta(seconds=account.delays.deletion)
    account.schedule.at(due, partial(_forget, account, named, person.get("id")))
    return ACCEPTED


def _forget(account: Account, named: dict[str, object], profile_id: str | None, _now: datetime) -> None:
    known = account.profiles
    profile = known.by_id.get(profile_id) if profile_id else known.find(named)
    if profile is None:
        return
    known.forget(profile)
    for contacts in account.lists.values():
        contacts.members.discard(profile.id)
    for timeline in (account.timeline, *(metric.timeline for metric in account.metrics.by_id.values())):
        timeline.drop(lambda event: event.profile is profile)
