"""An app of the double and the merchant's browser: links, clicks and the requests for tokens."""

import base64
from urllib.parse import parse_qs, urlencode, urlsplit

from saleor_stoq_app.sandbox.klaviyo.grants import challenge_of

CALLBACK = "https://stoq.example/oauth/klaviyo/callback"
SECRET = "s3cret: with a colon"
VERIFIER = "v" * 43
SCOPES = "accounts:read events:write flows:read flows:write metrics:read"
FORM = {"content-type": "application/x-www-form-urlencoded"}


def add_app(klaviyo, client_id="stoq", name="STOQ for Saleor", **more):
    return klaviyo.add_app(client_id, SECRET, [CALLBACK], name, **more)


def link(**changed):
    """Write a link to the authorization page; None leaves a parameter out."""
    asked = {
        "response_type": "code",
        "client_id": "stoq",
        "redirect_uri": CALLBACK,
        "scope": SCOPES,
        "state": "st&te",
        "code_challenge": challenge_of(VERIFIER),
        "code_challenge_method": "S256",
    } | changed
    query = urlencode({name: value for name, value in asked.items() if value is not None})
    return f"https://www.klaviyo.com/oauth/authorize?{query}"


def told(callback):
    """Return what a callback tells the app."""
    assert callback.startswith(f"{CALLBACK}?")
    return {name: value for name, (value,) in parse_qs(urlsplit(callback).query).items()}


def basic(client_id="stoq", secret=SECRET):
    return {"authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()}


async def ask_token(http, form, headers=None):
    return await http.post("/oauth/token", data=form, headers=basic() if headers is None else headers)


async def exchange(http, code, headers=None, **changed):
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "code_verifier": VERIFIER,
        "redirect_uri": CALLBACK,
    }
    return await ask_token(http, form | changed, headers)


async def refresh(http, refresh_token, headers=None):
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    return await ask_token(http, form, headers)


async def revoke(http, token, headers=None):
    form = {"token_type_hint": "refresh_token", "token": token}
    return await http.post("/oauth/revoke", data=form, headers=basic() if headers is None else headers)


async def connect(klaviyo, http, **merchant):
    """Go the whole way and return the token answer."""
    answer = await exchange(http, told(klaviyo.allow(link(), **merchant))["code"])
    assert answer.status_code == 200
    return answer.json()


async def works(caller, access_token):
    answer = await caller.get("/api/metrics", headers={"authorization": f"Bearer {access_token}"})
    return answer.status_code == 200


def said(answer, status=400):
    """Return the error of an answer, in OAuth's shape."""
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert set(answer.json()) == {"error", "error_description"}
    return answer.json()["error"], answer.json()["error_description"]
