"""The layout of responses in Redis, and the scripts that update their indexes.

    {prefix}:response:{key}         hash: selection -> record, one per variant
    {prefix}:paths:{upstream}       members in order of their paths
    {prefix}:expiry:{upstream}      members by the second at which they expire
    {prefix}:tags:{upstream}        hash: member -> its tags
    {prefix}:tag:{upstream} {tag}   members with that tag, in order of their paths

A member identifies a variant: "{path} {method} {key} {selection}". In a sorted set with
equal scores, the members with a common prefix are a range. So the members of a path,
below a path, or with a tag are found without a scan.

An index outlives its members, so each put removes some expired members: more than one
on average, or the index would grow. All keys have a TTL, so that unused ones expire.
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

local function remove(member)
  local key, selection = member:match('([^ ]+) ([^ ]+)$')
  unindex(member)
  return redis.call('HDEL', prefix .. ':response:' .. key, selection)
end
"""

PUT: Final = (
    _COMMON
    + """
local member_prefix, selection, record = ARGV[2], ARGV[3], ARGV[4]
local ttl_s, max_variants, new_tags = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7]
local response = prefix .. ':response:' .. member_prefix:match('([^ ]+)$')
local member = member_prefix .. ' ' .. selection
local now_s = tonumber(redis.call('TIME')[1])

local function extend(key)
  if redis.call('TTL', key) < ttl_s then
    redis.call('EXPIRE', key, ttl_s)
  end
end

-- This is the first write: Redis rejects a script for lack of memory only before its
-- first write. The old index entries are removed before the member can be expired.
redis.call('HSET', response, selection, record)
unindex(member)
for _, over in ipairs(
  redis.call('ZRANGEBYSCORE', expiry, '-inf', now_s, 'LIMIT', 0, 4)
) do
  remove(over)
end
redis.call('ZADD', paths, 0, member)
redis.call('ZADD', expiry, now_s + ttl_s, member)
if new_tags ~= '' then
  redis.call('HSET', tags, member, new_tags)
  extend(tags)
  for tag in new_tags:gmatch('[^\\n]+') do
    redis.call('ZADD', tag_prefix .. tag, 0, member)
    extend(tag_prefix .. tag)
  end
end
extend(response)
extend(paths)
extend(expiry)

if redis.call('HLEN', response) > max_variants then
  local first, first_s
  for _, other in ipairs(redis.call('HKEYS', response)) do
    local member_of_other = member_prefix .. ' ' .. other
    local at_s = tonumber(redis.call('ZSCORE', expiry, member_of_other) or 0)
    if other ~= selection and (not first_s or at_s < first_s) then
      first, first_s = other, at_s
    end
  end
  remove(member_prefix .. ' ' .. first)
end
return 1
"""
)
"""KEYS: prefix. ARGV: upstream, member prefix (member without selection), selection,
record, TTL in seconds, maximum number of variants, tags (separated by newlines)."""

REMOVE: Final = (
    _COMMON
    + """
local response = prefix .. ':response:' .. ARGV[2]:match('([^ ]+)$')
for _, selection in ipairs(redis.call('HKEYS', response)) do
  remove(ARGV[2] .. ' ' .. selection)
end
return 1
"""
)
"""KEYS: prefix. ARGV: upstream, member prefix."""

INVALIDATE: Final = (
    _COMMON
    + """
local index = ARGV[2] == '' and paths or tag_prefix .. ARGV[2]
local found = redis.call(
  'ZRANGEBYLEX', index, '[' .. ARGV[3], '[' .. ARGV[3] .. '\\255', 'LIMIT', 0, ARGV[4]
)
local removed = 0
for _, member in ipairs(found) do
  removed = removed + remove(member)
  redis.call('ZREM', index, member)
end
return {#found, removed}
"""
)
"""KEYS: prefix. ARGV: upstream, tag or empty, prefix of members, maximum number.
Returns the numbers of members found and responses removed."""
