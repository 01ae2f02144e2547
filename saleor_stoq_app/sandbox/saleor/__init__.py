"""A stateful double of Saleor 3.21 to 3.24 for the demo and the tests; it lies where Saleor lies."""

from saleor_stoq_app.sandbox.saleor.manifest_rules import InstallationFailed
from saleor_stoq_app.sandbox.saleor.rows import Shopper
from saleor_stoq_app.sandbox.saleor.server import Added, SandboxSaleor

__all__ = ["Added", "InstallationFailed", "SandboxSaleor", "Shopper"]
