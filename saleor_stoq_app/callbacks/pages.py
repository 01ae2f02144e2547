"""The few pages that a merchant sees outside the Dashboard: plain, escaped, and allowed to do nothing."""

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from html import escape

from starlette.responses import HTMLResponse

from saleor_stoq_app.providers.base import ConnectionKind
from saleor_stoq_app.settings.authorizing import Question

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:4rem auto;padding:0 1rem;color:#222}"
    "button{font:inherit;padding:.5rem 1.5rem;margin:0 .5rem .5rem 0}"
)
STYLE_HASH = b64encode(sha256(STYLE.encode()).digest()).decode()
HEADERS: Mapping[str, str] = {
    "content-security-policy": f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",  # with no-referrer a browser would send `Origin: null` with the form
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}
RETURN = "You can close this tab. Return to the panel in the Saleor Dashboard and refresh the page."


def page(title: str, *paragraphs: str, form: str = "", status: int = 200) -> HTMLResponse:
    """Return a page; title and paragraphs are text, `form` is markup of ours."""
    content = "".join(f"<p>{escape(text)}</p>\n" for text in paragraphs if text)
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style>'
    view = '<meta name="viewport" content="width=device-width">'
    return HTMLResponse(
        f'<!doctype html>\n<html lang="en">\n<head>{head}{view}</head>\n'
        f"<body>\n<h1>{escape(title)}</h1>\n{content}{form}</body>\n</html>\n",
        status,
        HEADERS,
    )


def question(asked: Question, action: str) -> HTMLResponse:
    """Ask whether the account belongs to the shop, before anything is stored."""
    account = f"{asked.account.name} ({asked.account.id})"
    costs = [f"Not granted: {scope}. {cost}" for scope, cost in asked.costs.items()]
    form = (
        f'<form method="post" action="{escape(action)}">'
        f'<input type="hidden" name="asked" value="{escape(asked.ticket_id)}">'
        '<button name="answer" value="connect">Connect</button>'
        '<button name="answer" value="cancel">Cancel</button></form>\n'
    )
    return page(
        f"Connect {asked.label} account {account} to shop {asked.shop}?",
        _replacing(asked),
        *costs,
        form=form,
    )


def _replacing(asked: Question) -> str:
    """Say what becomes of the account that is connected now."""
    before = asked.replaced
    if before is None:
        return ""
    if before.account_id != asked.account.id:
        return (
            f"Another account is connected now: {before.account_name} ({before.account_id}). It will be "
            "replaced, the flows must be set up and verified again, and nothing is sent until then. The app "
            f"stays installed in {before.account_name} until you remove it at {asked.label}."
        )
    if before.kind != ConnectionKind.OAUTH:
        return (
            "This account is connected by API key now. The flows must be set up and verified again, because "
            f"{asked.label} tells what an app sends from what is sent with a key."
        )
    return "This account is connected already; connecting again renews what it allows."


def connected(label: str, account: str) -> HTMLResponse:
    return page(f"{label} is connected", f"Texts are sent through {account}.", RETURN)


def cancelled(label: str) -> HTMLResponse:
    return page(f"{label} was not connected", "Nothing was stored.", RETURN)


def stopped(message: str, fix: str, *, status: int = 400) -> HTMLResponse:
    return page("Nothing was connected", message, fix, status=status)


def begin_in_dashboard(label: str) -> HTMLResponse:
    """Lead a merchant who began at the provider to where the connection is made."""
    return page(
        f"Connect {label} from your Saleor Dashboard",
        f"To know which shop {label} belongs to, the app asks you to begin in the Dashboard of that shop.",
        "Open your Saleor Dashboard, open the app STOQ, go to Back in stock alerts > Notifications > "
        "Customize SMS > Send SMS through, choose the platform and press Connect.",
        "If the app is not installed yet, install it in the Dashboard first.",
    )
