"""How answers lie in Redis, and the scripts that keep their indexes true.

    {prefix}:answer:{key}           hash: selection -> record, one per variant
    {prefix}:paths:{upstream}       members in order of their paths
    {prefix}:expiry:{upstream}      members by the second they expire at
    {prefix}:tags:{upstream}        hash: member -> its tags
    {prefix}:tag:{upstream} {tag}   members with that tag, in order of their paths

A member names a variant: "{path} {method} {key} {selection}". In a sorted set whose
scores are equal, what begins with a text is a range: so a path, all below a path, and
what of it has a tag are found without looking at anything else.

An index outlives its members, so each put takes out some whose time is over: more than
one on average, or the index would grow. Everything has a TTL: what nobody uses goes.
"""

from typing import Final

_COMMON: Final = """
local prefix, upstream = KEYS[1], ARGV[1]
local paths, expiry = prefix .. ':paths:' .. upstream, prefix .. ':expiry:' .. upstream
local tags = prefix .. ':tags:' .. upstream
local tag_prefix = prefix .. ':tag:' .. upstream .. ' '

local function unindex(member)
  redis.call('ZREM', paths, member)
  redis.call('ZREM', expiry, member)
  local had = redis.call('HGET', tags, member)
  if had then
    redis.call('HDEL', tags, member)
    for tag in had:gmatch('[^\\n]+') do
      redis.call('ZREM', tag_prefix .. tag, member)
    end
  end
end

local function forget(member)
  local key, selection = member:match('([^ ]+) ([^ ]+)$')
  unindex(member)
  return redis.call('HDEL', prefix .. ':answer:' .. key, selection)
end
"""

PUT: Final = (
    _COMMON
    + """
local place, selection, record = ARGV[2], ARGV[3], ARGV[4]
local ttl_s, max_variants, new_tags = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7]
local answer = prefix .. ':answer:' .. place:match('([^ ]+)$')
local member = place .. ' ' .. selection
local now_s = tonumber(redis.call('TIME')[1])

local function live(key)
  if redis.call('TTL', key) < ttl_s then
    redis.call('EXPIRE', key, ttl_s)
  end
end

-- First of all, for only a script that has written nothing is refused for want of
-- memory; and what was known of the member goes before it can be found to be over.
redis.call('HSET', answer, selection, record)
unindex(member)
for _, over in ipairs(
  redis.call('ZRANGEBYSCORE', expiry, '-inf', now_s, 'LIMIT', 0, 4)
) do
  forget(over)
end
redis.call('ZADD', paths, 0, member)
redis.call('ZADD', expiry, now_s + ttl_s, member)
if new_tags ~= '' then
  redis.call('HSET', tags, member, new_tags)
  live(tags)
  for tag in new_tags:gmatch('[^\\n]+') do
    redis.call('ZADD', tag_prefix .. tag, 0, member)
    live(tag_prefix .. tag)
  end
end
live(answer)
live(paths)
live(expiry)

if redis.call('HLEN', answer) > max_variants then
  local first, first_s
  for _, other in ipairs(redis.call('HKEYS', answer)) do
    local at_s = tonumber(redis.call('ZSCORE', expiry, place .. ' ' .. other) or 0)
    if other ~= selection and (not first_s or at_s < first_s) then
      first, first_s = other, at_s
    end
  end
  forget(place .. ' ' .. first)
end
return 1
"""
)
"""KEYS: prefix. ARGV: upstream, place (member without selection), selection, record,
seconds to live, variants at most, tags (by newlines)."""

REMOVE: Final = (
    _COMMON
    + """
local answer = prefix .. ':answer:' .. ARGV[2]:match('([^ ]+)$')
for _, selection in ipairs(redis.call('HKEYS', answer)) do
  forget(ARGV[2] .. ' ' .. selection)
end
return 1
"""
)
"""KEYS: prefix. ARGV: upstream, place."""

FORGET: Final = (
    _COMMON
    + """
local index = ARGV[2] == '' and paths or tag_prefix .. ARGV[2]
local found = redis.call(
  'ZRANGEBYLEX', index, '[' .. ARGV[3], '[' .. ARGV[3] .. '\\255', 'LIMIT', 0, ARGV[4]
)
local forgotten = 0
for _, member in ipairs(found) do
  forgotten = forgotten + forget(member)
  redis.call('ZREM', index, member)
end
return {#found, forgotten}
"""
)
"""KEYS: prefix. ARGV: upstream, tag or empty, what members begin with, members at most.
Returns members found, and responses forgotten."""
