"""What makes a permission count: the words that were shown, a clear yes, and a version that names both."""

import hashlib

from saleor_stoq_app.errors import InvalidInput

SHORTEST = 10
LONGEST = 2000


def version(locale: str, text: str) -> str:
    """Return 32 hex digits that stand for these words in this language (`consent_texts.version`)."""
    return hashlib.sha256(f"{locale}\0{text}".encode()).hexdigest()[:32]


def check(*, given: bool, text: str) -> None:
    """Accept a permission only with a yes and with the words that it was given to.

    Raises:
        InvalidInput: CONSENT_REQUIRED.
    """
    if not given:
        raise _required(
            "consentGiven",
            "The shopper did not agree to be texted.",
            "Send consentGiven: true once the shopper has ticked the box.",
        )
    if len(text.strip()) < SHORTEST or len(text) > LONGEST:
        raise _required(
            "consentText",
            f"The words that the shopper agreed to must have {SHORTEST} to {LONGEST:,} characters.",
            "Send exactly the sentence shown beside the box.",
        )


def _required(field: str, message: str, fix: str) -> InvalidInput:
    return InvalidInput(message, field=field, fix=fix, code="CONSENT_REQUIRED")
