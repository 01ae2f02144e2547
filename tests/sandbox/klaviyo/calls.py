"""A caller of the double, with each part of a request open to change, and the bodies it sends."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from saleor_stoq_app.sandbox.klaviyo import SandboxKlaviyo

REVISION = "2026-07-15"
METRIC = "Back in stock SMS alert (STOQ)"
PHONE = "+15005550006"
OTHER_PHONE = "+12125550100"


class Caller:
    """Calls the double as a client would."""

    def __init__(self, klaviyo: SandboxKlaviyo, http: httpx.AsyncClient) -> None:
        self.klaviyo = klaviyo
        self.http = http
        self.headers = {
            "authorization": f"Klaviyo-API-Key {klaviyo.api_key}",
            "revision": REVISION,
            "accept": "application/vnd.api+json",
        }

    async def get(self, path, headers=None, **params):
        return await self.http.get(path, params=params or None, headers=self.headers | (headers or {}))

    async def all(self, path, **params):
        """Follow the pages and return the data of all."""
        page = (await self.get(path, **params)).json()
        data = page["data"]
        while page["links"]["next"]:
            page = (await self.http.get(page["links"]["next"], headers=self.headers)).json()
            data += page["data"]
        return data

    async def post(self, path, document, headers=None):
        own = {"content-type": "application/vnd.api+json"}
        content = document if isinstance(document, bytes) else json.dumps(document).encode()
        return await self.http.post(path, content=content, headers=self.headers | own | (headers or {}))

    async def patch(self, path, document, headers=None):
        own = {"content-type": "application/vnd.api+json"}
        return await self.http.patch(path, json=document, headers=self.headers | own | (headers or {}))

    async def delete(self, path):
        return await self.http.delete(path, headers=self.headers)

    def speak_with(self, access_token):
        """Go on as the app that holds a token."""
        self.headers["authorization"] = f"Bearer {access_token}"

    async def event(self, phone=PHONE, unique_id="u1", **more):
        return await self.post("/api/events", event(phone, unique_id, **more))

    async def bulk(self, *entries):
        return await self.post("/api/event-bulk-create-jobs", bulk(*entries))

    async def subscribe(self, *people, historical=False, on=None):
        return await self.post(
            "/api/profile-subscription-bulk-create-jobs", subscribe(*people, historical=historical, on=on)
        )

    async def sms(self, phone=PHONE):
        found = await self.get(
            "/api/profiles",
            filter=f'equals(phone_number,"{phone}")',
            **{"additional-fields[profile]": "subscriptions"},
        )
        data = found.json()["data"]
        return data[0]["attributes"]["subscriptions"]["sms"]["marketing"]["consent"] if data else None


@asynccontextmanager
async def calling(klaviyo) -> AsyncIterator[Caller]:
    transport = httpx.ASGITransport(app=klaviyo.app)
    async with httpx.AsyncClient(transport=transport, base_url="https://a.klaviyo.com") as http:
        yield Caller(klaviyo, http)


def person(phone=PHONE, **more):
    identity = {"phone_number": phone} if phone else {}
    return {"data": {"type": "profile", "attributes": identity | more}}


def facts(unique_id="u1", metric=METRIC, properties=None, **more):
    unique = {} if unique_id is None else {"unique_id": unique_id}
    return {
        "properties": {"title_incl_variant": "Floral Shirt - Medium"} if properties is None else properties,
        "metric": {"data": {"type": "metric", "attributes": {"name": metric}}},
        **unique,
        **more,
    }


def event(phone=PHONE, unique_id="u1", *, profile=None, **more):
    attributes = facts(unique_id, **more) | {"profile": profile or person(phone)}
    return {"data": {"type": "event", "attributes": attributes}}


def entry(phone=PHONE, unique_id="u1", *, profile=None, backfill=False, **more):
    return {
        "type": "event-bulk-create",
        "attributes": {
            "backfill": backfill,
            "profile": profile or person(phone),
            "events": {"data": [{"type": "event", "attributes": facts(unique_id, **more)}]},
        },
    }


def bulk(*entries):
    attributes = {"events-bulk-create": {"data": list(entries)}}
    return {"data": {"type": "event-bulk-create-job", "attributes": attributes}}


def subscriber(phone=PHONE, *, consented_at=None, **more):
    grant = {"consent": "SUBSCRIBED"} | ({"consented_at": consented_at} if consented_at else {})
    identity = {"phone_number": phone} if phone else {}
    return {
        "type": "profile",
        "attributes": {**identity, "subscriptions": {"sms": {"marketing": grant}}, **more},
    }


def subscribe(*people, historical=False, on=None):
    job = {
        "type": "profile-subscription-bulk-create-job",
        "attributes": {
            "custom_source": "STOQ back in stock",
            "historical_import": historical,
            "profiles": {"data": list(people)},
        },
    }
    if on:
        job["relationships"] = {"list": {"data": {"type": "list", "id": on}}}
    return {"data": job}


def problem(answer):
    """Return the one error of an answer."""
    assert answer.headers["content-type"] == "application/vnd.api+json"
    (one,) = answer.json()["errors"]
    assert {"id", "code", "title", "detail"} <= set(one)
    return one
