"""What Redis is for: pacing calls to providers and limiting visitors. Losing it loses nothing."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import fakeredis
from redis.asyncio import Redis
from redis.exceptions import RedisError

from saleor_stoq_app.clock import Clock
from saleor_stoq_app.errors import Unavailable

COUNT = """
for i, key in ipairs(KEYS) do
  local n = redis.call('INCR', key)
  if n == 1 then redis.call('PEXPIRE', key, ARGV[2 * i]) end
  if n > tonumber(ARGV[2 * i - 1]) then return redis.call('PTTL', key) end
end
return 0
"""

PACE = """
local now, cost, id = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
local wait = math.max(0, (tonumber(redis.call('GET', KEYS[2])) or 0) - now)
local longest = 0
for w = 4, #ARGV, 2 do
  local cap, per = tonumber(ARGV[w]), tonumber(ARGV[w + 1])
  longest = math.max(longest, per)
  local taken = redis.call('ZRANGEBYSCORE', KEYS[1], now - per + 1, '+inf', 'WITHSCORES')
  local used = 0
  for i = 1, #taken, 2 do used = used + tonumber(string.match(taken[i], '^%d+')) end
  for i = 1, #taken, 2 do
    if used + cost <= cap then break end
    used = used - tonumber(string.match(taken[i], '^%d+'))
    wait = math.max(wait, tonumber(taken[i + 1]) + per - now)
  end
end
if wait > 0 then return wait end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - longest)
redis.call('ZADD', KEYS[1], now, cost .. ':' .. id)
redis.call('PEXPIRE', KEYS[1], longest)
return 0
"""


SWEEP_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Window:
    """At most `calls` within any `seconds`."""

    calls: int
    seconds: float


class Limiter:
    """Counts visitors and spaces calls, in one round trip each."""

    def __init__(self, redis: Redis, clock: Clock) -> None:
        self._redis = redis
        self._clock = clock
        self._count = redis.register_script(COUNT)
        self._pace = redis.register_script(PACE)

    async def exceeded(self, limits: Mapping[str, Window]) -> float:
        """Count one visit, key by key; return 0, or the seconds until the first full key is free again.

        A visit that is over one limit does not count on the keys behind it.

        Raises:
            Unavailable: Redis does not answer.
        """
        args = [part for w in limits.values() for part in (w.calls, int(w.seconds * 1000))]
        with _answering():
            over = await self._count(keys=[f"stoq:count:{key}" for key in limits], args=args)
        return max(0, int(over)) / 1000

    async def pace(self, key: str, windows: Sequence[Window], cost: int = 1) -> float:
        """Take `cost` calls out of every window at once; return 0, or the seconds to wait.

        Windows slide: no stretch of `seconds` ever holds more than `calls`, wherever the other side's
        own fixed windows begin (klaviyo.md section 1).

        Raises:
            Unavailable: Redis does not answer.
        """
        args = [part for w in windows for part in (w.calls, int(w.seconds * 1000))]
        name = f"stoq:pace:{key}"
        now = int(self._clock.now().timestamp() * 1000)
        with _answering():
            wait = await self._pace(
                keys=[name, f"{name}:blocked"], args=[now, cost, secrets.token_hex(6), *args]
            )
        return int(wait) / 1000

    async def block(self, key: str, seconds: float) -> None:
        """Let nobody pass for a while: the other side said "later"."""
        until = int((self._clock.now().timestamp() + seconds) * 1000)
        with _answering():
            await self._redis.set(f"stoq:pace:{key}:blocked", until, px=max(1, int(seconds * 1000)))


class EmbeddedLimiter(Limiter):
    """The limiter of a single process: it counts visitors in memory, a hundred times as fast.

    The in-memory Redis needs half a millisecond for the script, half of what a whole signup may cost.
    """

    def __init__(self, redis: Redis, clock: Clock) -> None:
        super().__init__(redis, clock)
        self._visits: dict[str, tuple[int, float]] = {}
        self._swept_at = 0.0

    async def exceeded(self, limits: Mapping[str, Window]) -> float:
        now = self._clock.now().timestamp()
        self._sweep(now)
        for key, window in limits.items():
            calls, until = self._visits.get(key, (0, 0.0))
            if until <= now:
                calls, until = 0, now + window.seconds
            self._visits[key] = (calls + 1, until)
            if calls >= window.calls:
                return until - now
        return 0.0

    def _sweep(self, now: float) -> None:
        if now - self._swept_at >= SWEEP_SECONDS:
            self._visits = {key: visit for key, visit in self._visits.items() if visit[1] > now}
            self._swept_at = now


@contextmanager
def _answering() -> Iterator[None]:
    """Say in our words that Redis is away."""
    try:
        yield
    except RedisError as error:
        msg = f"Redis did not answer ({type(error).__name__})."
        raise Unavailable(msg, fix="Try again shortly.") from error


def limiter(redis: Redis, clock: Clock, *, shared: bool) -> Limiter:
    """Return the limiter for one process of many, or for the only one."""
    return Limiter(redis, clock) if shared else EmbeddedLimiter(redis, clock)


def connect(url: str) -> Redis:
    """Open the shared Redis, or an in-memory stand-in for a single process (no URL)."""
    return Redis.from_url(url) if url else fakeredis.FakeAsyncRedis()
