"""A stateful double of Klaviyo's API, by the facts measured on the real one."""

from saleor_stoq_app.sandbox.klaviyo.account import DOUBLE_OPT_IN, SINGLE_OPT_IN, Account, Delays, Skip
from saleor_stoq_app.sandbox.klaviyo.apps import App
from saleor_stoq_app.sandbox.klaviyo.faults import Fault, Hold, drop, error, hang, html, throttle
from saleor_stoq_app.sandbox.klaviyo.flows import Flow
from saleor_stoq_app.sandbox.klaviyo.grants import Tokens
from saleor_stoq_app.sandbox.klaviyo.limits import Limits
from saleor_stoq_app.sandbox.klaviyo.metrics import API, Integration
from saleor_stoq_app.sandbox.klaviyo.server import SandboxKlaviyo

__all__ = [
    "API",
    "DOUBLE_OPT_IN",
    "SINGLE_OPT_IN",
    "Account",
    "App",
    "Delays",
    "Fault",
    "Flow",
    "Hold",
    "Integration",
    "Limits",
    "SandboxKlaviyo",
    "Skip",
    "Tokens",
    "drop",
    "error",
    "hang",
    "html",
    "throttle",
]
