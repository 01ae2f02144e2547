"""The double on a clock that tests turn, with one live flow on the alert's metric."""

import pytest

from saleor_stoq_app.sandbox.klaviyo import SandboxKlaviyo
from saleor_stoq_app.sandbox.phones import Phones
from tests.sandbox.klaviyo.calls import calling


@pytest.fixture
def phones():
    return Phones()


@pytest.fixture
def klaviyo(clock, phones):
    return SandboxKlaviyo(clock, phones)


@pytest.fixture
async def caller(klaviyo):
    async with calling(klaviyo) as caller:
        yield caller
