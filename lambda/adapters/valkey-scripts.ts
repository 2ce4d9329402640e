/** A piece of Lua that the server runs as one step: a condition and the writes that depend on it. */
export interface Script {
  readonly keys?: number;
  readonly lua: string;
}

/**
 * Lets a key live for so many milliseconds from now, or for ever where there are none. A key that holds many things lives as long as
 * the one that lives longest.
 */
const LIVE = `
local function live(key, ttl, existed)
  if ttl == '' then redis.call('PERSIST', key)
  elseif existed then redis.call('PEXPIRE', key, ttl, 'GT')
  else redis.call('PEXPIRE', key, ttl) end
end
local function liveAlone(key, ttl) live(key, ttl, false) end
`;

/** What is written lives beside a list that names it. KEYS: item, list. */
const PLACE = `${LIVE}
local function place(item, list, name, ttl, from)
  redis.call('DEL', item)
  redis.call('HSET', item, unpack(ARGV, from))
  liveAlone(item, ttl)
  local existed = redis.call('EXISTS', list) == 1
  redis.call('ZADD', list, 0, name)
  live(list, ttl, existed)
end
`;

/** The first letter of an entry in a log tells what it is. */
export const ENTRY = '+';
export const LAST = '.';
export const WISH = '!';

/** A log is a hash: its entries by their places, and the place that comes next. KEYS: log, list. */
const LOG = `${LIVE}
local function write(name, place, entry, ttl)
  redis.call('HSET', KEYS[1], place, entry)
  if tonumber(redis.call('HGET', KEYS[1], 'next') or '0') <= place then redis.call('HSET', KEYS[1], 'next', place + 1) end
  liveAlone(KEYS[1], ttl)
  local existed = redis.call('EXISTS', KEYS[2]) == 1
  redis.call('ZADD', KEYS[2], 0, name)
  live(KEYS[2], ttl, existed)
end
`;

const HOLDS = `
local function holds(id) return redis.call('HGET', KEYS[1], 'lockedBy') == id end
`;

export const SCRIPTS = {
  /** KEYS: head. ARGV: id, turn's id, now, until, expiresAt or '', time to live or ''. */
  begin: {
    keys: 1,
    lua: `${LIVE}
local head = redis.call('HMGET', KEYS[1], 'deletedAt', 'lockedBy', 'lockedUntil', 'newest', 'expiresAt')
local existed = redis.call('EXISTS', KEYS[1])
if head[1] then return nil end
if head[2] and head[2] ~= ARGV[2] and tonumber(head[3]) >= tonumber(ARGV[3]) then return nil end
redis.call('HSET', KEYS[1], 'id', ARGV[1], 'lockedBy', ARGV[2], 'lockedUntil', ARGV[4])
if ARGV[5] == '' then redis.call('HDEL', KEYS[1], 'expiresAt') else redis.call('HSET', KEYS[1], 'expiresAt', ARGV[5]) end
liveAlone(KEYS[1], ARGV[6])
return { redis.call('HINCRBY', KEYS[1], 'attempts', 1), existed, head[5] or '', head[4] or '' }`,
  },

  /** KEYS: item, list. ARGV: place, turn's id, now in seconds, time to live or '', fields and values. Whatever another turn wrote stays, unless it has expired. */
  keep: {
    keys: 2,
    lua: `${PLACE}
local there = redis.call('HMGET', KEYS[1], 'turnId', 'expiresAt')
if redis.call('EXISTS', KEYS[1]) == 1 and there[1] ~= ARGV[2] and not (there[2] and tonumber(there[2]) <= tonumber(ARGV[3])) then return 0 end
place(KEYS[1], KEYS[2], ARGV[1], ARGV[4], 5)
return 1`,
  },

  /** KEYS: head, recent. ARGV: turn's id, whether the conversation begins anew, title, createdAt, now, id, time to live or '', number, whether it branches. */
  show: {
    keys: 2,
    lua: `${LIVE}${HOLDS}
if not holds(ARGV[1]) then return 0 end
if ARGV[2] == '1' then redis.call('HDEL', KEYS[1], 'title', 'createdAt', 'turns', 'branched') end
redis.call('HSETNX', KEYS[1], 'title', ARGV[3])
redis.call('HSETNX', KEYS[1], 'createdAt', ARGV[4])
redis.call('HSET', KEYS[1], 'updatedAt', ARGV[5], 'newest', ARGV[8])
if ARGV[9] == '1' then redis.call('HSET', KEYS[1], 'branched', 1) end
redis.call('HINCRBY', KEYS[1], 'turns', 1)
redis.call('HDEL', KEYS[1], 'lockedBy', 'lockedUntil')
local existed = redis.call('EXISTS', KEYS[2]) == 1
redis.call('ZADD', KEYS[2], ARGV[5], ARGV[6])
live(KEYS[2], ARGV[7], existed)
return 1`,
  },

  /** KEYS: message. ARGV: turn's id, usage. */
  settle: {
    keys: 1,
    lua: `
if redis.call('HGET', KEYS[1], 'turnId') ~= ARGV[1] then return 0 end
return redis.call('HSET', KEYS[1], 'usage', ARGV[2])`,
  },

  /** KEYS: head. ARGV: who lets go. */
  release: {
    keys: 1,
    lua: `${HOLDS}
if not holds(ARGV[1]) then return 0 end
return redis.call('HDEL', KEYS[1], 'lockedBy', 'lockedUntil')`,
  },

  /** KEYS: head. ARGV: title, now in seconds. */
  rename: {
    keys: 1,
    lua: `
local head = redis.call('HMGET', KEYS[1], 'updatedAt', 'expiresAt')
if not head[1] or (head[2] and tonumber(head[2]) <= tonumber(ARGV[2])) then return nil end
redis.call('HSET', KEYS[1], 'title', ARGV[1])
return redis.call('HGETALL', KEYS[1])`,
  },

  /** KEYS: head, recent. ARGV: run's id, now, until, id. */
  hide: {
    keys: 2,
    lua: `
local head = redis.call('HMGET', KEYS[1], 'updatedAt', 'deletedAt', 'lockedBy', 'lockedUntil')
if not head[1] and not head[2] and not head[3] then return 'unknown' end
if (not head[1] and not head[2]) or (head[3] and head[3] ~= ARGV[1] and tonumber(head[4]) >= tonumber(ARGV[2])) then return 'busy' end
redis.call('HSETNX', KEYS[1], 'deletedAt', ARGV[2])
redis.call('HSET', KEYS[1], 'lockedBy', ARGV[1], 'lockedUntil', ARGV[3])
redis.call('HDEL', KEYS[1], 'title', 'createdAt', 'updatedAt', 'turns', 'newest', 'branched')
redis.call('ZREM', KEYS[2], ARGV[4])
return 'hidden'`,
  },

  /** KEYS: list, then everything that goes. ARGV: its names in the list. */
  erase: {
    lua: `
for position = 2, #KEYS do redis.call('DEL', KEYS[position]) end
return redis.call('ZREM', KEYS[1], unpack(ARGV))`,
  },

  /** KEYS: head. ARGV: run's id. */
  forget: {
    keys: 1,
    lua: `${HOLDS}
if not holds(ARGV[1]) then return 0 end
return redis.call('DEL', KEYS[1])`,
  },

  /** KEYS: feedback, list. ARGV: place, time to live or '', fields and values. Gives what was thought before. */
  rate: {
    keys: 2,
    lua: `${PLACE}
local before = redis.call('HGET', KEYS[1], 'rating')
place(KEYS[1], KEYS[2], ARGV[1], ARGV[2], 3)
return before`,
  },

  /** KEYS: feedback, list. ARGV: place, createdAt. */
  withdraw: {
    keys: 2,
    lua: `
if redis.call('HGET', KEYS[1], 'createdAt') ~= ARGV[2] then return 0 end
redis.call('DEL', KEYS[1])
return redis.call('ZREM', KEYS[2], ARGV[1])`,
  },

  /** KEYS: turn's key, list. ARGV: place, time to live, id of the turn that it stood for, turn's id, now, fields and values. */
  claim: {
    keys: 2,
    lua: `${PLACE}
local held = redis.call('HMGET', KEYS[1], 'turnId', 'expiresAt')
if held[1] and held[1] ~= ARGV[3] and held[1] ~= ARGV[4] and tonumber(held[2]) * 1000 > tonumber(ARGV[5]) then return 0 end
place(KEYS[1], KEYS[2], ARGV[1], ARGV[2], 6)
return 1`,
  },

  /** KEYS: log, list. ARGV: name of the log, place, entry, time to live. A place that a wish to stop has taken is not given back. */
  append: {
    keys: 2,
    lua: `${LOG}
if string.sub(redis.call('HGET', KEYS[1], ARGV[2]) or '', 1, 1) == '${WISH}' then return 0 end
write(ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4])
return 1`,
  },

  /** KEYS: log, list. ARGV: name of the log, wish, time to live. */
  stop: {
    keys: 2,
    lua: `${LOG}
local free = tonumber(redis.call('HGET', KEYS[1], 'next') or '0')
local newest = string.sub(redis.call('HGET', KEYS[1], free - 1) or '', 1, 1)
if newest == '${LAST}' then return 0 end
if newest ~= '${WISH}' then write(ARGV[1], free, ARGV[2], ARGV[3]) end
return 1`,
  },

  /** KEYS: list, item. ARGV: name in the list of what has expired meanwhile. */
  sweep: {
    keys: 2,
    lua: `
if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
return redis.call('ZREM', KEYS[1], ARGV[1])`,
  },
} satisfies Record<string, Script>;
