"""Bodies that never come: every door gives up instead of keeping the caller's connection for ever."""

import asyncio

import pytest

from saleor_stoq_app.errors import Unavailable
from saleor_stoq_app.webhooks.reading import read_body


async def test_a_delivery_whose_first_byte_never_comes_is_given_up():
    with pytest.raises(Unavailable, match="too slowly"):
        await asyncio.wait_for(read_body({}, asyncio.Event().wait, seconds=0.01), 1)
