"""Messages as the ledger hands them to a provider."""

from datetime import datetime

from saleor_stoq_app.events import (
    BACK_IN_STOCK_VARIABLES,
    AlertType,
    Consent,
    Medium,
    Message,
    Recipient,
    Stage,
)
from saleor_stoq_app.providers.base import Sent


def phone(number: int) -> str:
    return f"+1212555{number:04}"


def alert(number: int, *, name: str = "Sarah", language: str = "en", **variables: str) -> Message:
    told = {variable: f"{variable} {number}" for variable in BACK_IN_STOCK_VARIABLES} | variables
    return Message(
        key=f"alert:{number:032x}:{7:032x}",
        alert_type=AlertType.BACK_IN_STOCK,
        stage=Stage.ALERT,
        medium=Medium.SMS,
        recipient=Recipient(phone(number), name, language, "United States"),
        variables=told,
    )


def permission(number: int, given_at: datetime | None, *, who: int | None = None) -> Message:
    given = Consent(given_at, "https://shop.example", "Text me once.") if given_at else None
    return Message(
        key=f"consent:{number:032x}",
        alert_type=AlertType.BACK_IN_STOCK,
        stage=Stage.CONSENT,
        medium=Medium.SMS,
        recipient=Recipient(phone(number if who is None else who), "Sarah", "en-us", "United States"),
        variables={},
        consent=given,
    )


def sent(message: Message, called_at: datetime) -> Sent:
    return Sent(message.key, message.alert_type, called_at, message.recipient.phone)
