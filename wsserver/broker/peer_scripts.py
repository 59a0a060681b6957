"""What Redis decides of places and sessions: scripts, in each of which nobody comes between.

Knows the keys of places, sessions and used tokens; knows nothing of who calls.

A token's places are a sorted set: tickets, each with the ms (by Redis' clock) at which it ends
unless it is kept.  A session is a string, `GENERATION HEARD TICKET`, that ends in the same way: the
ticket that has it.  A ticket is `GATEWAY.NUMBER`.  That it may have lost its session is told on the
channel of its gateway; whether it has, `KEEP` decides when it is asked next.  So the ticket that
stands there is never given up for another one.
"""

_HEAD = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local life, channel = tonumber(ARGV[1]), ARGV[2]
local function read(found)
  if not found then return nil end
  local generation, heard, ticket = string.match(found, '^(%d+) (%d) (%S+)$')
  return {generation = tonumber(generation), heard = tonumber(heard), ticket = ticket}
end
local function find(key)
  return read(redis.call('GET', key))
end
local function least(line)
  return math.max(line.generation - 1 + line.heard, 1)
end
local function have(key, generation, heard, ticket)
  redis.call('SET', key, generation .. ' ' .. heard .. ' ' .. ticket, 'PX', life)
end
local function count(places, ticket)
  redis.call('ZADD', places, now + life, ticket)
  redis.call('PEXPIRE', places, life)
end
local function lose(line, places)
  redis.call('ZREM', places, line.ticket)
  redis.call('PUBLISH', channel .. string.match(line.ticket, '^[^.]+'), line.ticket)
end
"""
"""ARGV: ms for which everything lives, what channels begin with."""

ENTER = (
    _HEAD
    + """
local places, session, used = KEYS[1], KEYS[2], KEYS[3]
local ticket, most, generation = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local used_ms, is_look = tonumber(ARGV[6]), ARGV[7] == '1'
if used_ms > 0 and redis.call('EXISTS', used) == 1 then return 'used' end
local line = generation > 0 and find(session)
local is_next = generation > 0 and (not line or generation >= least(line))
if most >= 0 then
  for i = 8, #ARGV do redis.call('ZREM', places, ARGV[i]) end
  redis.call('ZREMRANGEBYSCORE', places, '-inf', now)
  local taken = redis.call('ZCARD', places)
  if line and is_next and redis.call('ZSCORE', places, line.ticket) then taken = taken - 1 end
  if taken >= most then return 'too many' end
end
if is_look then return 'welcome' end
if is_next then
  if line then lose(line, places) end
  have(session, generation + 1, 0, ticket)
end
if most >= 0 then count(places, ticket) end
if used_ms > 0 then redis.call('SET', used, 1, 'PX', used_ms) end
return is_next and 'goes on' or 'welcome'
"""
)
"""Take a place.  KEYS: places, session, used token.  More ARGV: the ticket; the most places, or -1;
the generation of a cursor, or 0; ms for which a token stays used, or 0; 1 to take nothing; tickets
of the same token that are no more."""

CLAIM = (
    _HEAD
    + """
local session, places, ticket, generation = KEYS[1], KEYS[2], ARGV[3], tonumber(ARGV[4])
local line = find(session)
if line and line.ticket ~= ticket then
  if ARGV[5] == '1' or generation < least(line) then return 0 end
  lose(line, places)
end
have(session, generation + 1, 0, ticket)
return 1
"""
)
"""Take a session by a cursor.  KEYS: session, places.  More ARGV: the ticket, the generation, and 1
if the ticket had the session before: whoever had it and lost it does not get it back."""

KEEP = (
    _HEAD
    + """
local function keep(session, places, generation, heard, ticket)
  if generation == '0' then return true end
  local found = redis.call('GETEX', session, 'PX', life)
  if found == generation .. ' ' .. heard .. ' ' .. ticket then return true end
  local line = read(found)
  if line and line.ticket ~= ticket then
    if 2 * line.generation + line.heard >= 2 * generation + heard then return false end
    lose(line, places)
  end
  have(session, generation, heard, ticket)
  return true
end
local lost, latest = {}, ''
for i = 1, #KEYS / 2 do
  local session, places, at = KEYS[2 * i - 1], KEYS[2 * i], 4 * i - 1
  local ticket, is_counted = ARGV[at], ARGV[at + 1] == '1'
  if not keep(session, places, ARGV[at + 2], ARGV[at + 3], ticket) then
    lost[#lost + 1] = ticket
    redis.call('ZREM', places, ticket)
  elseif is_counted then
    redis.call('ZADD', places, now + life, ticket)
    if places ~= latest then redis.call('PEXPIRE', places, life) end
    latest = places
  end
end
return lost
"""
)
"""Keep what is had, whether Redis knows of it or has forgotten; give the tickets that have lost
their session.  KEYS: a session and places for each ticket.  More ARGV: for each of them itself,
whether it counts (0 or 1), generation (0 for no session) and whether it was heard (0 or 1)."""

LEAVE = """
for i = 1, #KEYS / 2 do
  local session, ticket = KEYS[2 * i - 1], ARGV[i]
  redis.call('ZREM', KEYS[2 * i], ticket)
  local found = redis.call('GET', session)
  if found and string.match(found, '%S+$') == ticket then redis.call('DEL', session) end
end
return 0
"""
"""Give up place and session.  KEYS: a session and places for each ticket.  ARGV: the tickets."""
