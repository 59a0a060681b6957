"""What Redis decides about a room: scripts, each of which is one step that nobody comes between.

Knows the keys of a room; knows nothing of who calls.

A room is a hash and a stream.  The hash holds the `story`'s name, `born` (of this hash, new
whenever Redis has forgotten the one before), the `life` of Redis in which that was, `seq` of the
latest event, the `last` number, `base` (the number up to which it was copied from a gateway),
`began` (ms by Redis' clock), the `owner`, and a field `s:SESSION` for each session: its generation,
its offset in ms, its latest utterance, the gateway that has it (or -), the ms at which it was
resumed, and the event before it was last written.  The stream holds the finals; an entry's ID is
its number.
"""

_HEAD = """
local room, finals, channel = KEYS[2], KEYS[3], ARGV[3]
local life = redis.call('GET', KEYS[1])
if life ~= ARGV[1] then return {'lost'} end
if redis.call('HEXISTS', KEYS[4], ARGV[2]) == 1 then return {'ended'} end
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local function keep()
  redis.call('PEXPIRE', room, ARGV[4])
  redis.call('PEXPIRE', finals, ARGV[4])
end
local function tell(head, body)
  local seq = redis.call('HINCRBY', room, 'seq', 1)
  local born = redis.call('HGET', room, 'born')
  redis.call('PUBLISH', channel, born .. ' ' .. seq .. ' ' .. head .. '\\n' .. (body or ''))
  keep()
end
local function course(session)
  local found = redis.call('HGET', room, 's:' .. session)
  if not found then return nil end
  local generation, offset, utterance, gateway, from = string.match(
    found, '^(%S+) (%S+) (%S+) (%S+) (%S+) %S+$')
  return {session = session, generation = tonumber(generation), offset = tonumber(offset),
          utterance = tonumber(utterance), gateway = gateway, from = tonumber(from)}
end
local function remember(c)
  redis.call('HSET', room, 's:' .. c.session, string.format(
    '%d %d %d %s %d %d', c.generation, c.offset, c.utterance, c.gateway, c.from,
    redis.call('HGET', room, 'seq') or 0))
end
local function moved(session)
  return room .. ':moved:' .. session
end
"""
"""KEYS: life, room, finals, ended.  ARGV: the life, the room's name, its channel, ms to keep it."""

_THERE = """
local story, known_in = unpack(redis.call('HMGET', room, 'story', 'life'))
if not story or known_in ~= life then return {'none'} end
"""

LOOK = (
    _HEAD
    + _THERE
    + """
local after, count = ARGV[5], ARGV[6]
if ARGV[7] ~= story then after = 0 end
local found = redis.call('XRANGE', finals, '(' .. after .. '-0', '+', 'COUNT', count)
keep()
return {'room', redis.call('HGETALL', room), found, now()}
"""
)
"""More ARGV: the number behind which finals are wanted, how many, and of which story."""

SEED = (
    _HEAD
    + """
local story, born, before, finals_here = ARGV[5], ARGV[6], ARGV[7], tonumber(ARGV[8])
local known = redis.call('HMGET', room, 'story', 'last', 'life')
if known[3] ~= life then
  redis.call('DEL', room)
  known = {}
end
if not known[1] or (known[1] ~= story and known[2] == '0' and finals_here > 0) then
  redis.call('DEL', finals)
  redis.call('HSET', room, 'story', story, 'born', born, 'last', before, 'base', before,
             'life', life)
  if known[1] then tell('moved') end
  if ARGV[9] ~= '' then redis.call('HSETNX', room, 'began', ARGV[9]) end
elseif known[1] ~= story then
  return {'other'}
end
redis.call('HSETNX', room, 'owner', ARGV[10])
for at = 11, #ARGV, 4 do
  local mine = {session = ARGV[at], generation = tonumber(ARGV[at + 1]),
                offset = tonumber(ARGV[at + 2]), utterance = tonumber(ARGV[at + 3]),
                gateway = '-', from = 0}
  local c = course(mine.session) or mine
  c.generation = math.max(c.generation, mine.generation)
  c.utterance = math.max(c.utterance, mine.utterance)
  remember(c)
end
keep()
return {'ok'}
"""
)
"""Create the room, or add to what is known of its sessions.

More ARGV: story, born, the number before the first final here, how many there are, began, owner,
and session, generation, offset, utterance of each session."""

EXTEND = (
    _HEAD
    + _THERE
    + """
local known = redis.call('HMGET', room, 'last', 'base')
if story ~= ARGV[5] or known[1] ~= ARGV[6] or known[1] ~= known[2] then return {'stale'} end
local last = tonumber(known[1])
for at = 8, #ARGV, 2 do
  last = last + 1
  redis.call('XADD', finals, 'MAXLEN', ARGV[7], last .. '-0', 'h', ARGV[at], 'b', ARGV[at + 1])
end
redis.call('HSET', room, 'last', last, 'base', last)
tell('grown')
return {'ok'}
"""
)
"""Copy finals to where Redis has forgotten them, unless new ones have come since.

More ARGV: story, the last number there, how many are kept, and head and body of each final."""

MOVE = (
    _HEAD
    + _THERE
    + """
if story ~= ARGV[5] then return {'stale'} end
redis.call('HSET', room, 'story', ARGV[6])
tell('moved')
return {'ok'}
"""
)
"""Give the story another name, so that all viewers read it anew.  More ARGV: the old, the new."""

OPENED = (
    _HEAD
    + _THERE
    + """
local session, generation, position = ARGV[5], tonumber(ARGV[6]), tonumber(ARGV[7])
local when = now() - tonumber(ARGV[8])
redis.call('HSETNX', room, 'began', when)
local c = course(session)
if not c then
  local began = tonumber(redis.call('HGET', room, 'began'))
  c = {session = session, generation = generation, utterance = 0, gateway = ARGV[9],
       from = generation > 1 and position or 0, offset = math.max(when - began, 0) - position}
elseif generation >= c.generation then
  if generation > c.generation then c.from = position end
  c.generation, c.gateway = generation, ARGV[9]
else
  return {'stale'}
end
remember(c)
if generation > 1 and tonumber(ARGV[11]) > 0 then
  redis.call('SET', moved(session), 1, 'PX', ARGV[11])
end
tell('opened ' .. session .. ' ' .. string.format(
  '%d %d %d %s', c.generation, c.offset, c.utterance, c.gateway))
local most = tonumber(ARGV[10])
if redis.call('HLEN', room) > most + 8 then
  local all, oldest, since = redis.call('HGETALL', room), nil, math.huge
  for at = 1, #all, 2 do
    local seq = string.sub(all[at], 1, 2) == 's:' and string.match(all[at + 1], ' %- %d+ (%d+)$')
    if seq and tonumber(seq) < since then oldest, since = all[at], tonumber(seq) end
  end
  if oldest then redis.call('HDEL', room, oldest) end
end
return {'ok'}
"""
)
"""A session begins or goes on.

More ARGV: session, generation, ms of it that lie before, ms ago, gateway, how many sessions are
remembered, ms for which one that goes on waits for finals from where it was."""

FINAL = (
    _HEAD
    + _THERE
    + """
local age = now() - tonumber(string.match(life, ' (%d+)$'))
if age < tonumber(ARGV[5]) then return {'later', tonumber(ARGV[5]) - age} end
local session, generation, utterance = ARGV[6], tonumber(ARGV[7]), tonumber(ARGV[8])
local c = course(session)
if not c then return {'unknown'} end
local is_late = generation < c.generation and tonumber(ARGV[9]) <= c.from
if (generation ~= c.generation and not is_late) or utterance <= c.utterance then
  return {'stale'}
end
if not is_late and utterance > c.utterance + 1
   and redis.call('EXISTS', moved(session)) == 1 then
  return {'gap'}
end
c.utterance = utterance
remember(c)
local number, body = 0, ARGV[11]
local head = session .. ' ' .. string.format('%d %d ', generation, utterance)
if body ~= '' then
  number = redis.call('HINCRBY', room, 'last', 1)
  head = head .. string.format('%d %d', number, c.offset)
  redis.call('XADD', finals, 'MAXLEN', ARGV[10], number .. '-0', 'h', head, 'b', body)
else
  head = head .. string.format('%d %d', number, c.offset)
end
tell('final ' .. head, body)
return {'ok'}
"""
)
"""A final, if it is news; one without text is final too, and has no number.

A final of an older generation is news if it ends before the newer one went on: its speaker has it,
and will not say it again.  So that it is not behind those of the newer one, which would make it
old, these wait for a while where some are missing before them: a gateway that was cut off has them.

More ARGV: ms for which a Redis without a memory waits for gateways that have one, session,
generation, utterance, ms of the session at its end, how many are kept, body."""

LEFT = (
    _HEAD
    + _THERE
    + """
if KEYS[5] and redis.call('EXISTS', KEYS[5]) == 1 then return {'alive'} end
local c = course(ARGV[5])
if not c or c.generation ~= tonumber(ARGV[6]) or c.gateway ~= ARGV[7] then return {'stale'} end
c.gateway = '-'
remember(c)
tell('left ' .. c.session .. ' ' .. string.format('%d', c.generation))
return {'ok'}
"""
)
"""A session's connection is gone.  More ARGV: session, generation, gateway.

With a fifth KEY, that of a gateway's life sign, only if that is not there any more."""

END = """
redis.call('HSET', KEYS[4], ARGV[1], ARGV[3])
redis.call('PEXPIRE', KEYS[4], ARGV[4])
redis.call('DEL', KEYS[2], KEYS[3])
redis.call('PUBLISH', ARGV[2], ARGV[5])
return {'ok'}
"""
"""End a room.  ARGV: its name, the channel of all rooms, when that may be forgotten and whose it
was, ms to keep it, what is told."""

LIFE = """
local time = redis.call('TIME')
local now = string.format('%d', time[1] * 1000 + math.floor(time[2] / 1000))
local life = redis.call('GET', KEYS[1])
if not (life and string.find(life, ' ' .. ARGV[2] .. ' ', 1, true)) then
  life = ARGV[1] .. ' ' .. ARGV[2] .. ' ' .. now
  redis.call('SET', KEYS[1], life)
end
return {life, now}
"""
"""Give the life of this Redis: its name, its run and the ms at which it began to remember.

What it may have read from a disk at its start, or got from another, is of another life: it is older
than what gateways know.  ARGV: a new name, the run."""
