"""The bodies of events and profiles, as the contract writes them."""

from typing import Annotated, Literal, NotRequired

from pydantic import Field, TypeAdapter
from typing_extensions import TypedDict

from saleor_stoq_app.sandbox.klaviyo.contract import STRICT, Document, Email, Moment, Properties, Text

MetricName = Annotated[str, Field(min_length=1, max_length=127)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
UniqueId = Annotated[str, Field(min_length=1, max_length=255)]


class Location(TypedDict, total=False):
    """Where a profile lives."""

    address1: Text | None
    address2: Text | None
    city: Text | None
    country: Text | None
    latitude: str | float | None
    longitude: str | float | None
    region: Text | None
    zip: Text | None
    timezone: Text | None
    ip: Text | None


class ProfileAttributes(TypedDict, total=False):
    """Identifiers and facts of a person; `meta` is not taken: its place differs between revisions."""

    email: Email | None
    phone_number: Text | None
    external_id: Text | None
    first_name: Text | None
    last_name: Text | None
    organization: Text | None
    locale: Text | None
    title: Text | None
    image: Text | None
    location: Location | None
    properties: Properties | None


class EventProfileAttributes(ProfileAttributes, total=False):
    """A person as events name one."""

    anonymous_id: Text | None


class Profile(TypedDict):
    """A profile to import."""

    type: Literal["profile"]
    id: NotRequired[Text | None]
    attributes: ProfileAttributes


class EventProfile(TypedDict):
    """The profile of an event."""

    type: Literal["profile"]
    id: NotRequired[Text | None]
    attributes: EventProfileAttributes


class MetricAttributes(TypedDict):
    """A metric by name."""

    name: MetricName
    service: NotRequired[Text | None]


class Metric(TypedDict):
    """The metric of an event."""

    type: Literal["metric"]
    attributes: MetricAttributes


class EventFacts(TypedDict):
    """What single and bulk events share."""

    properties: Properties
    metric: Document[Metric]
    time: NotRequired[Moment | None]
    value: NotRequired[float | None]
    value_currency: NotRequired[Currency | None]
    unique_id: NotRequired[UniqueId | None]
    backfill: NotRequired[bool | None]


class EventAttributes(EventFacts):
    """A single event names its profile."""

    profile: Document[EventProfile]


class Event(TypedDict):
    """The body of POST /api/events."""

    type: Literal["event"]
    attributes: EventAttributes


class BulkEvent(TypedDict):
    """One event of one profile of a bulk job."""

    type: Literal["event"]
    attributes: EventFacts


class BulkEntryAttributes(TypedDict):
    """A profile and its events."""

    backfill: NotRequired[bool | None]
    profile: Document[EventProfile]
    events: Document[Annotated[list[BulkEvent], Field(min_length=1)]]


class BulkEntry(TypedDict):
    """One element of a bulk job."""

    type: Literal["event-bulk-create"]
    attributes: BulkEntryAttributes


BulkAttributes = TypedDict(
    "BulkAttributes", {"events-bulk-create": Document[Annotated[list[BulkEntry], Field(min_length=1)]]}
)


class Bulk(TypedDict):
    """The body of POST /api/event-bulk-create-jobs."""

    type: Literal["event-bulk-create-job"]
    attributes: BulkAttributes


EVENT = TypeAdapter(Document[Event], config=STRICT)
BULK = TypeAdapter(Document[Bulk], config=STRICT)
PROFILE = TypeAdapter(Document[Profile], config=STRICT)
