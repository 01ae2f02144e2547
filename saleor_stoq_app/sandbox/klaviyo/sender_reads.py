"""The endpoints that tell whether texts can go out at all (klaviyo.md section 6; revision 2026-10-15)."""

from saleor_stoq_app.sandbox.klaviyo.answers import Answer
from saleor_stoq_app.sandbox.klaviyo.calls import Call
from saleor_stoq_app.sandbox.klaviyo.queries import Parameters
from saleor_stoq_app.sandbox.klaviyo.refusals import not_found
from saleor_stoq_app.sandbox.klaviyo.resources import SENDER_FIELDS, TEXT_MESSAGING_FIELDS

CONFIGURATION = Parameters(fields={"text-messaging-configuration": TEXT_MESSAGING_FIELDS})
SENDERS = Parameters(fields={"text-messaging-sender": SENDER_FIELDS}, sizes=(10, 20), pages=True)


def configuration(call: Call) -> Answer:
    """Show the account's SMS; the id in the path is the account's own."""
    account = call.account
    if call.ident != account.id or account.text_messaging.status is None:
        raise not_found(f"A text messaging configuration with id {call.ident} does not exist.")
    return call.one(call.shape.text_messaging(account))


def senders(call: Call) -> Answer:
    own = call.account.text_messaging
    found = [] if own.status is None else own.senders
    return call.page(found, call.shape.sender, lambda _: ())
