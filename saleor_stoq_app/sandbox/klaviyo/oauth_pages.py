"""What a merchant sees at Klaviyo while an app asks for access."""

from html import escape

from saleor_stoq_app.sandbox.klaviyo.account import Account
from saleor_stoq_app.sandbox.klaviyo.apps import Asked

_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title>
<style>body{{font:16px/1.5 sans-serif;max-width:32rem;margin:4rem auto;padding:0 1rem}}
button{{font:inherit;padding:.5rem 1.5rem;margin-right:.5rem}}</style></head>
<body>
<h1>{title}</h1>
{content}
</body>
</html>
"""
_QUESTION = """<p>You are signed in to <strong>{account}</strong> ({ident}) of the sandbox's Klaviyo.</p>
<p>This app has not been verified by Klaviyo. It asks for permission to:</p>
<ul>
{scopes}
</ul>
<form method="post">
<button name="decision" value="allow">Allow</button>
<button name="decision" value="deny">Deny</button>
</form>"""


def question(asked: Asked, account: Account) -> str:
    scopes = "\n".join(f"<li>{escape(scope)}</li>" for scope in sorted(asked.scopes))
    content = _QUESTION.format(account=escape(account.name), ident=account.id, scopes=scopes)
    return _PAGE.format(title=f"{escape(asked.app.name)} wants access to your account", content=content)


def refusal(reason: str) -> str:
    return _PAGE.format(title="This link does not work", content=f"<p>{escape(reason)}</p>")
