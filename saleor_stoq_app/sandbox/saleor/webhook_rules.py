"""What Saleor demands of a webhook, in a manifest and in mutations alike. Pure."""

from collections.abc import Mapping
from urllib.parse import urlsplit

MAX_URL = 255
MAX_HEADERS = 5
MAX_HEADER = 998
_SCHEMES = {"http", "https", "awssqs", "gcpubsub"}


class InvalidWebhook(Exception):
    """Saleor's refusal, in the shape of a WebhookError."""

    def __init__(self, message: str, code: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.field = field


def check_url(url: str) -> str:
    """Return the URL.

    Raises:
        InvalidWebhook: it is none, or too long.
    """
    parts = urlsplit(url or "")
    if parts.scheme not in _SCHEMES or not parts.hostname:
        raise InvalidWebhook("Enter a valid URL.", "INVALID", "targetUrl")
    if len(url) > MAX_URL:
        said = f"Ensure this value has at most {MAX_URL} characters (it has {len(url)})."
        raise InvalidWebhook(said, "INVALID", "targetUrl")
    return url


def check_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers with lower-case names, as Saleor keeps them.

    Raises:
        InvalidWebhook: too many, too long, or a name that is not allowed.
    """
    if len(headers) > MAX_HEADERS:
        raise InvalidWebhook(
            f"Number of headers exceeds the limit: {MAX_HEADERS}.", "INVALID_CUSTOM_HEADERS", "customHeaders"
        )
    kept = {}
    for name, value in headers.items():
        lower = name.lower()
        if len(name) + len(value) + 2 > MAX_HEADER or not _allowed(lower):
            raise InvalidWebhook(
                f'"{name}" does not match allowed key pattern.', "INVALID_CUSTOM_HEADERS", "customHeaders"
            )
        kept[lower] = value
    return kept


def _allowed(name: str) -> bool:
    return name.startswith(("x-", "authorization")) or name == "brokerproperties"
