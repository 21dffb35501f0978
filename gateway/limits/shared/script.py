"""The scripts of shared rate limits, and their keys in Redis.

    {prefix}:limit:{limit}:{key}    the instant at which the bucket is full, in seconds
    {prefix}:processes              sorted set: processes by their last heartbeat

Both use the clock of Redis. A key expires when its bucket is full.
"""

from hashlib import blake2b
from typing import Final

from weir.gateway.limits.policy import RateLimit

_DIGEST_BYTES: Final = 12
LIVE_S: Final = 5.0
"""The time after its last heartbeat for which a process counts as live."""

TAKE: Final = """
local interval_s, capacity_s = tonumber(ARGV[1]), tonumber(ARGV[2])
local needed, wanted = tonumber(ARGV[3]), tonumber(ARGV[4])
local charge_s = tonumber(ARGV[5])
local time = redis.call('TIME')
local now_s = time[1] + time[2] / 1000000
local full_at_s = tonumber(redis.call('GET', KEYS[1]) or 0)

-- The bounds also hold if the clock of Redis was set back.
full_at_s = math.min(math.max(full_at_s, now_s) + charge_s, now_s + capacity_s)
full_at_s = math.max(full_at_s, now_s)
local available = math.floor((now_s + capacity_s - full_at_s) / interval_s + 0.000001)
local granted = 0
if available >= needed then
  granted = math.min(available, wanted)
end
full_at_s = full_at_s + granted * interval_s
if granted > 0 or charge_s ~= 0 then
  local left_ms = math.ceil((full_at_s - now_s) * 1000)
  if left_ms > 0 then
    redis.call('SET', KEYS[1], string.format('%.17g', full_at_s), 'PX', left_ms)
  else
    redis.call('DEL', KEYS[1])
  end
end
return {granted, math.floor((full_at_s - now_s) * 1000000)}
"""
"""KEYS: the key. ARGV: seconds of a token and of a full bucket, tokens needed and
wanted, seconds to charge (used without the store) or, if negative, to give back.
Returns the number of granted tokens, and the microseconds until the bucket is full."""

BEAT: Final = """
local time = redis.call('TIME')
local now_s = time[1] + time[2] / 1000000
redis.call('ZADD', KEYS[1], now_s, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now_s - ARGV[2])
redis.call('EXPIRE', KEYS[1], 60)
return redis.call('ZCARD', KEYS[1])
"""
"""KEYS: the processes. ARGV: this process, seconds for which it is live. Returns the
number of live processes."""


def key_prefix(prefix: str, limit: RateLimit) -> bytes:
    """Return the common prefix of the keys of a limit, the same in all processes.

    A limit whose values have changed gets other keys.
    """
    text = repr(limit.identity)
    digest = blake2b(text.encode(), digest_size=_DIGEST_BYTES).hexdigest()
    return f"{prefix}:limit:{digest}:".encode()
