"""Handing messages over as the dispatcher does, and counting what Klaviyo has."""

from saleor_stoq_app.errors import ProviderError
from saleor_stoq_app.providers.klaviyo.events import METRICS

METRIC = next(iter(METRICS.values()))


async def hand_over(klaviyo, clock, messages, *, repeat=False):
    """Do as the dispatcher does, until every message was handed over once."""
    results, left = {}, list(messages)
    while left:
        batch = klaviyo.plan(left[0].stage, due=len(left), repeat=repeat)
        if wait := await klaviyo.pace(batch):
            await clock.sleep(wait)
            continue
        now, left = left[: batch.size], left[batch.size :]
        try:
            results |= await klaviyo.send(batch, now)
        except ProviderError as error:
            results |= {message.key: error for message in now}
    return results


def told_once(sandbox, clock, messages):
    clock.advance(5)  # events are worked off a moment after their 202
    return sorted(event.unique_id for event in sandbox.events(METRIC)) == sorted(m.key for m in messages)
