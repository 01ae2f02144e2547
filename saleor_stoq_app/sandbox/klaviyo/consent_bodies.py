"""The bodies of subscription jobs, as the contract writes them."""

from typing import Annotated, Literal, NotRequired

from pydantic import Field, TypeAdapter
from typing_extensions import TypedDict

from saleor_stoq_app.sandbox.klaviyo.contract import STRICT, Document, Email, Moment, Text

BirthDate = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")]


class Grant(TypedDict):
    """A permission given."""

    consent: Literal["SUBSCRIBED"]
    consented_at: NotRequired[Moment | None]


class SmsGrants(TypedDict, total=False):
    """Permissions to text."""

    marketing: Grant | None
    transactional: Grant | None


class EmailGrants(TypedDict, total=False):
    """Permissions to mail."""

    marketing: Grant | None


class Grants(TypedDict, total=False):
    """Permissions by channel; the double knows no WhatsApp and no push."""

    email: EmailGrants | None
    sms: SmsGrants | None


class SubscriberAttributes(TypedDict):
    """A contact and what it permits."""

    email: NotRequired[Email | None]
    phone_number: NotRequired[Text | None]
    subscriptions: Grants
    age_gated_date_of_birth: NotRequired[BirthDate | None]


class Subscriber(TypedDict):
    """One element of a subscription job."""

    type: Literal["profile"]
    id: NotRequired[Text | None]
    attributes: SubscriberAttributes


class SubscribeAttributes(TypedDict):
    """The elements of a subscription job."""

    custom_source: NotRequired[str | None]
    profiles: Document[Annotated[list[Subscriber], Field(min_length=1)]]
    historical_import: NotRequired[bool | None]


class ListName(TypedDict):
    """A list by id."""

    type: Literal["list"]
    id: Text


class OnList(TypedDict, total=False):
    """The list that a job is about."""

    list: Document[ListName]


class Subscribe(TypedDict):
    """The body of POST /api/profile-subscription-bulk-create-jobs."""

    type: Literal["profile-subscription-bulk-create-job"]
    attributes: SubscribeAttributes
    relationships: NotRequired[OnList]


class Withdrawal(TypedDict):
    """A permission withdrawn."""

    consent: Literal["UNSUBSCRIBED"]


class EmailWithdrawals(TypedDict, total=False):
    """What is withdrawn of e-mail."""

    marketing: Withdrawal | None


class SmsWithdrawals(TypedDict, total=False):
    """What is withdrawn of texts."""

    marketing: Withdrawal | None
    transactional: Withdrawal | None


class Withdrawals(TypedDict, total=False):
    """What is withdrawn, by channel."""

    email: EmailWithdrawals | None
    sms: SmsWithdrawals | None


class LeaverAttributes(TypedDict):
    """A contact and what it withdraws."""

    email: NotRequired[Email | None]
    phone_number: NotRequired[Text | None]
    subscriptions: Withdrawals


class Leaver(TypedDict):
    """One element of an unsubscription job."""

    type: Literal["profile"]
    attributes: LeaverAttributes


class UnsubscribeAttributes(TypedDict):
    """The elements of an unsubscription job."""

    profiles: Document[Annotated[list[Leaver], Field(min_length=1)]]


class Unsubscribe(TypedDict):
    """The body of POST /api/profile-subscription-bulk-delete-jobs."""

    type: Literal["profile-subscription-bulk-delete-job"]
    attributes: UnsubscribeAttributes
    relationships: NotRequired[OnList]


SUBSCRIBE = TypeAdapter(Document[Subscribe], config=STRICT)
UNSUBSCRIBE = TypeAdapter(Document[Unsubscribe], config=STRICT)
