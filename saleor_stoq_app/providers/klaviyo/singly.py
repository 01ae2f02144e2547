"""Sends messages one by one, some at a time, and stops where going on makes no sense."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from saleor_stoq_app.errors import NeedsMerchant, ProviderError, Retryable
from saleor_stoq_app.events import Message
from saleor_stoq_app.providers.base import Result

AT_ONCE = 20


async def singly(
    messages: Sequence[Message], call: Callable[[Message], Awaitable[Result]]
) -> dict[str, Result]:
    """Return what became of each message, by key.

    After "later" or "the merchant must act" nothing more is called: what was not sent by then is surely
    not done, and gets the same answer.
    """
    results: dict[str, Result] = {}
    stopped: list[ProviderError] = []
    waiting = iter(messages)

    async def work() -> None:
        for message in waiting:
            result = stopped[0] if stopped else await _outcome(message, call)
            results[message.key] = result
            if isinstance(result, Retryable | NeedsMerchant):
                stopped.append(result)

    await asyncio.gather(*(work() for _ in range(min(AT_ONCE, len(messages)))))
    return results


async def _outcome(message: Message, call: Callable[[Message], Awaitable[Result]]) -> Result:
    try:
        return await call(message)
    except ProviderError as error:
        return error
