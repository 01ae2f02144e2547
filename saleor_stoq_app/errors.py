"""Everything that can go wrong, named for who must act.

::

    StoqError                 carries a code, a sentence for people and what to do about it
    ├── InvalidInput          the caller's words are off (names the field); nothing was stored
    ├── Unauthenticated       the caller did not prove who it is
    ├── Forbidden             known, but not allowed
    ├── NotFound              what was named does not exist here
    ├── TooLarge              a body over its limit
    ├── TooMany               a limit of ours was reached; try again after `after` seconds
    ├── Unavailable           our own trouble or a silent peer; the caller should try again
    └── ProviderError         one message or one call at a provider (design law 6)
        ├── Retryable         surely not done; we try again after `after` seconds
        ├── NeedsMerchant     parked until the merchant mends something
        ├── Rejected          this message ends here
        └── Unknown           may have been done; repeated only where the provider de-duplicates

    Misconfigured             our own set-up is wrong; stops the start, caught by nothing else
"""


class StoqError(Exception):
    """An expected failure: `code` for programs, `message` and `fix` for people."""

    code = "ERROR"

    def __init__(self, message: str, *, fix: str = "", code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix
        if code is not None:
            self.code = code


class InvalidInput(StoqError):
    """The caller's words are off; `field` says where."""

    code = "INVALID"

    def __init__(self, message: str, *, field: str = "", fix: str = "", code: str | None = None) -> None:
        super().__init__(message, fix=fix, code=code)
        self.field = field


class Unauthenticated(StoqError):
    """The caller did not prove who it is."""

    code = "UNAUTHENTICATED"


class Forbidden(StoqError):
    """The caller is known and not allowed."""

    code = "FORBIDDEN"


class NotFound(StoqError):
    """What was named does not exist here."""

    code = "NOT_FOUND"


class TooLarge(StoqError):
    """A body is over its size limit."""

    code = "TOO_LARGE"


class TooMany(StoqError):
    """A limit was reached; `after` is the number of seconds until it is worth trying again."""

    code = "TOO_MANY"

    def __init__(self, message: str, *, after: float, fix: str = "") -> None:
        super().__init__(message, fix=fix)
        self.after = after


class Unavailable(StoqError):
    """We, or a peer that we need, cannot answer now; nothing was lost, try again."""

    code = "UNAVAILABLE"


class ProviderError(StoqError):
    """What a provider said to one message, or to a whole call."""

    code = "PROVIDER"


class Retryable(ProviderError):
    """Surely not done; worth trying again after `after` seconds."""

    code = "RETRYABLE"

    def __init__(self, message: str, *, after: float = 0.0) -> None:
        super().__init__(message)
        self.after = after


class NeedsMerchant(ProviderError):
    """The merchant must mend something; the message waits."""

    code = "NEEDS_MERCHANT"


class Rejected(ProviderError):
    """This message ends here."""

    code = "REJECTED"


class Unknown(ProviderError):
    """The call may have been carried out; nobody knows."""

    code = "UNKNOWN"


class Misconfigured(Exception):
    """Our own configuration is wrong; outside the tree so that nothing swallows it."""
