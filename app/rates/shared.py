"""Buckets in Redis, so that several replicas count together. The package `redis` is the extra `redis`."""

from __future__ import annotations

import math
import time
from hashlib import blake2b

from app import logs
from app.rates.bucket import Rate, Verdict
from app.rates.memory import MemoryBuckets

try:
    from redis.asyncio import Redis
    from redis.exceptions import RedisError
except ImportError:
    AVAILABLE = False
else:
    AVAILABLE = True

TIMEOUT_SECONDS = 0.25
"""Longer than any healthy Redis takes; a limit is not worth more waiting than this."""

REST_SECONDS = 5.0
"""How long Redis is left alone after it failed, so that an outage does not cost every request the timeout."""

# app/rates/bucket.py in Lua, on the clock of Redis: one round trip, and no two replicas can take the same token.
TAKE = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1e6
local step, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local before = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
local after = before + step
if after - now > window + 1e-6 then
  return {tostring(before - now), tostring(after - now - window)}
end
redis.call('SET', KEYS[1], string.format('%.6f', after), 'PX', math.ceil((after - now) * 1000) + 1000)
return {tostring(after - now), '0'}
"""

log = logs.logger("standpoint.rates")


class SharedBuckets:
    """Where Redis fails, the buckets of this process stand in: a limit too generous for a while is better than no service."""

    def __init__(self, url: str) -> None:
        """Raises ValueError for an address that cannot be one."""
        self._redis = Redis.from_url(url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS)
        self._take = self._redis.register_script(TAKE)
        self._own = MemoryBuckets()
        self._resting_until = 0.0

    async def take(self, owner: str, rate: Rate) -> Verdict:
        if time.monotonic() < self._resting_until:
            return await self._own.take(owner, rate)
        try:
            full_after, retry_after = await self._take(keys=[_place(owner, rate)], args=[1 / rate.per_second, rate.window])
        except RedisError as error:
            self._resting_until = time.monotonic() + REST_SECONDS
            log.warning("Redis does not answer; each replica counts for itself", error=type(error).__name__)
            return await self._own.take(owner, rate)
        return _verdict(rate, float(full_after), float(retry_after))

    async def close(self) -> None:
        await self._redis.aclose()


def _place(owner: str, rate: Rate) -> str:
    # Addresses are personal data, so that Redis gets only a hash of them.
    return f"standpoint:rate:{rate.name}:{blake2b(owner.encode(), digest_size=16).hexdigest()}"


def _verdict(rate: Rate, full_after: float, retry_after: float) -> Verdict:
    remaining = max(0, math.floor((rate.window - full_after) * rate.per_second + 1e-6))
    return Verdict(rate, retry_after == 0.0, remaining, full_after, retry_after)
