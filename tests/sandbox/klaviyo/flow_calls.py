"""Flows as a client writes them: the smallest one that texts, and parts to put into it."""

NAME = "STOQ - Back in stock SMS alert (STOQ)"
BODY = "Hi {{ event.customer_name|default:'there' }}, {{ event.title_incl_variant }} is back"

AT = "/data/attributes/definition"
PROPERTY = {
    "type": "metric-property",
    "field": "shop_domain",
    "filter": {"type": "string", "operator": "equals", "value": "shop.example"},
}
CONSENTED = {
    "type": "profile-marketing-consent",
    "consent": {
        "channel": "sms",
        "can_receive_marketing": True,
        "consent_status": {"subscription": "subscribed"},
    },
}


def sms(temporary_id="sms-1", *, following=None, status=None, **message):
    data = {
        "message": {"body": BODY, "smart_sending_enabled": False, "sms_quiet_hours_enabled": False} | message
    }
    if status:
        data["status"] = status
    return {"temporary_id": temporary_id, "type": "send-sms", "links": {"next": following}, "data": data}


def delay(temporary_id="delay-1", *, following="sms-1", **data):
    data = data or {"unit": "minutes", "value": 5}
    return {"temporary_id": temporary_id, "type": "time-delay", "links": {"next": following}, "data": data}


def definition(metric_id, *actions, **more):
    actions = actions or (sms(),)
    return {
        "triggers": [{"type": "metric", "id": metric_id}],
        "actions": list(actions),
        "entry_action_id": actions[0].get("temporary_id"),
    } | more


def flow(metric_id, *actions, name=NAME, **more):
    attributes = {"name": name, "definition": definition(metric_id, *actions, **more)}
    return {"data": {"type": "flow", "attributes": attributes}}


def status(flow_id, status):
    return {"data": {"type": "flow", "id": flow_id, "attributes": {"status": status}}}


def action_change(action):
    body = {"type": "flow-action", "id": action["id"], "attributes": {"definition": action}}
    return {"data": body}


def groups(*conditions):
    """Write a filter that holds where one of the conditions does."""
    return {"condition_groups": [{"conditions": list(conditions)}]}


async def create(caller, *given, **more):
    """Make a flow and return its resource with the definition."""
    answer = await caller.post("/api/flows?additional-fields[flow]=definition", flow(*given, **more))
    assert answer.status_code == 201, answer.text
    return answer.json()["data"]


async def defined(caller, flow_id):
    answer = await caller.get(f"/api/flows/{flow_id}", **{"additional-fields[flow]": "definition"})
    return answer.json()["data"]["attributes"]["definition"]


async def text_status(caller, flow_id):
    """Return the status of a flow's first text, as it reads back."""
    texts = [one for one in (await defined(caller, flow_id))["actions"] if one["type"] == "send-sms"]
    return texts[0]["data"]["status"]
