"""What a provider may say to a set-up, named so that a caller can mend it."""

from saleor_stoq_app.errors import NeedsMerchant, Rejected


class Gone(Rejected):
    """What a call named (`what`: "flow", "metric") does not exist any more: find or make it again."""

    code = "GONE"

    def __init__(self, message: str, *, what: str) -> None:
        super().__init__(message)
        self.what = what


class MissingScopes(NeedsMerchant):
    """A call was not allowed: one of `scopes` was not granted, or the account's plan is too small."""

    code = "MISSING_SCOPES"

    def __init__(self, message: str, *, fix: str, scopes: tuple[str, ...]) -> None:
        super().__init__(message, fix=fix)
        self.scopes = scopes


class AmbiguousMetric(NeedsMerchant):
    """Several metrics have our name, and none can be told to be ours; `integrations` names their senders."""

    code = "AMBIGUOUS_METRIC"

    def __init__(self, message: str, *, fix: str, integrations: tuple[str, ...]) -> None:
        super().__init__(message, fix=fix)
        self.integrations = integrations
