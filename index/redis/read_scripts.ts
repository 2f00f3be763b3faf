/**
 * The scripts that look at a registry and change nothing.
 *
 * @module
 */

import type { KeyName } from "./keys.ts";
import { type Script, script } from "./script.ts";

/** Sources that are looked at in one go. */
const BATCH = 32;

/** Dead registrations that a search passes at most. */
const MAX_DEAD = 1_024;

/** Sources, dead ones among them, after which a call ends. */
const MAX_WORK = 256;

/** How the answer to a search starts. */
export const FINDING = { NONE: 0, BUSY: 1, FOUND: 2 } as const;

/** Sources up to which their number is exact to the moment. */
const EXACT = 32;

/** Where a registration is served, and how long it lives. */
const PLACE_LUA = `
local call = redis.call
local known = {}

-- An owner, with the end of its lease; nil where it is dead.
local function livingOwner(number)
  local owner = known[number]
  if owner == nil then
    owner = false
    -- Redis is slow to write down a number.
    local key = string.format('%.0f', number)
    local finish = call('ZSCORE', leases, key)
    if finish and tonumber(finish) > now then
      owner = cmsgpack.unpack(call('HGET', owners, key))
      owner.finish = finish
    end
    known[number] = owner
  end
  return owner or nil
end

-- Who holds a registration, and its port; nil where that is dead.
local function placeOf(number, port, stamp)
  local holder = livingOwner(number)
  if holder then
    if holder.p == 0 or stamp == holder.t then return holder, port end
    return holder, holder.p
  end
  local raw = call('HGET', owners, number)
  local owner = raw and cmsgpack.unpack(raw)
  if not owner or owner.h == 0 then return nil end
  holder = livingOwner(owner.h)
  if not holder then return nil end
  if holder.t ~= owner.i then return holder, holder.p end
  if owner.p == 0 or stamp == owner.t then return holder, port end
  return holder, owner.p
end
`;

const SEARCH_KEYS: readonly KeyName[] = [
  "owners",
  "leases",
  "registrations",
  "byName",
  "byOffer",
  "byDigest",
  "counts",
];

/**
 * Searches, once for each of its arguments: answers each with a byte that says
 * `FOUND`, `NONE` or `BUSY`, then the number of sources and the sources
 * themselves; the newest comes first, then those after `turn`, then those before
 * it. Where the first ones were much work, the last ones are left unanswered.
 *
 * A source is its registration as it is kept; the address, the end of the lease
 * and the key of who holds it; its port and uses; its peer and its name, where
 * that was not asked for.
 */
export const SEARCH: Script = script(
  "search",
  `${PLACE_LUA}
local NONE, BUSY = string.char(${FINDING.NONE}), string.char(${FINDING.BUSY})
local wanted, turn, withUses, name, digest, dead
local parts, sources

local function placed(raw)
  local owner, age, _, port, stamp = struct.unpack('>I8I8I8I2I4', raw)
  local holder, servedAt = placeOf(owner, port, stamp)
  return holder, servedAt, age
end

-- Walks from the newest on; visit returns whether to go on.
local function walk(key, prefix, high, low, fieldOf, visit)
  local from, size = high, 1
  while true do
    local found = call('ZREVRANGEBYLEX', key, from, low, 'LIMIT', '0', size)
    for _, member in ipairs(found) do
      local field = fieldOf(member)
      local raw = call('HGET', registrations, field)
      local holder, port, age = placed(raw)
      if holder then
        if not visit(field, raw, holder, port, age) then return end
      else
        dead = dead + 1
        if dead >= ${MAX_DEAD} then return end
      end
    end
    if #found < size then return end
    from, size = '(' .. found[#found], ${BATCH}
  end
end

local function nameField(prefix)
  return function(member) return string.sub(member, #prefix + 9) .. '\\0' .. name end
end

local function source(raw, holder, port, uses, peer, called)
  local held = holder.packed
  if not held then
    held = struct.pack('>c16I8I2c0', holder.a, holder.finish, #holder.k, holder.k)
    holder.packed = held
  end
  return raw .. held ..
    struct.pack('>I2I4I2c0I2c0', port, uses, #peer, peer, #called, called)
end

local function show(field, raw, holder, port)
  local zero = string.find(field, '\\0', 1, true)
  local peer = string.sub(field, 1, zero - 1)
  local called = name == '' and string.sub(field, zero + 1) or ''
  local uses = withUses and call('HGET', counts, 'u' .. field) or 0
  sources = sources + 1
  parts[sources] = source(raw, holder, port, uses, peer, called)
  return sources < wanted
end

local function found(count)
  return struct.pack('>I1I4', ${FINDING.FOUND}, count) .. table.concat(parts)
end
local ONE = struct.pack('>I1I4', ${FINDING.FOUND}, 1)

local function search()
  if digest == '' then
    local prefix = name .. '\\0'
    local high, low = '(' .. name .. '\\1', '[' .. prefix
    local first = call('ZREVRANGEBYLEX', byName, high, low, 'LIMIT', '0', '2')
    if #first == 0 then return NONE end
    if #first == 1 and not withUses then
      -- Nearly every name has one source.
      local peer = string.sub(first[1], #prefix + 9)
      local raw = call('HGET', registrations, peer .. '\\0' .. name)
      local holder, port = placed(raw)
      if not holder then return NONE end
      sources = 1
      return ONE .. source(raw, holder, port, 0, peer, '')
    end
    walk(byName, prefix, high, low, nameField(prefix),
      function(_, raw)
        digest = string.sub(raw, 31, 62)
        return false
      end)
    if digest == '' then return dead >= ${MAX_DEAD} and BUSY or NONE end
  end

  local key, prefix, fieldOf = byDigest, digest, nil
  if name ~= '' then
    key, prefix = byOffer, name .. '\\0' .. digest
    fieldOf = nameField(prefix)
  else
    fieldOf = function(member) return string.sub(member, #prefix + 9) end
  end
  local high, low = '(' .. prefix .. '\\255', '[' .. prefix
  local total = call('ZLEXCOUNT', key, low, high)
  local alive = 0
  local newest

  -- The newest; with no more than a few, all of them are looked at.
  dead = 0
  parts = {}
  local few = total <= ${EXACT}
  local later = {}
  walk(key, prefix, high, low, fieldOf, function(field, raw, holder, port, age)
    alive = alive + 1
    if alive == 1 then
      newest = age
      show(field, raw, holder, port)
      return few and alive + dead < total or not few and turn == 0 and wanted > 1
    elseif turn > 0 and age >= turn and few then
      later[#later + 1] = {field, raw, holder, port}
    elseif sources < wanted then
      show(field, raw, holder, port)
    end
    return few and alive + dead < total or not few and sources < wanted
  end)
  if alive == 0 then return dead >= ${MAX_DEAD} and BUSY or NONE end
  if few then
    for _, each in ipairs(later) do
      if sources < wanted then show(unpack(each)) end
    end
  elseif turn > 0 and wanted > 1 then
    walk(key, prefix, '(' .. prefix .. pack8(turn), low, fieldOf, show)
    if sources < wanted then
      walk(key, prefix, '(' .. prefix .. pack8(newest), low, fieldOf,
        function(field, raw, holder, port, age)
          return age >= turn and show(field, raw, holder, port)
        end)
    end
  end
  return found(few and alive or math.max(total - dead, sources))
end

local reply, work = {}, 0
for i = 1, #ARGV do
  local _, uses
  _, wanted, turn, uses, name, digest =
    struct.unpack('>I8I2I8I1I2c0I2c0', ARGV[i])
  withUses = uses == 1
  sources, dead = 0, 0
  reply[i] = search()
  work = work + dead + sources
  if work >= ${MAX_WORK} then break end
end
return reply
`,
  SEARCH_KEYS,
);

/**
 * Shows entries of the list: answers for each of the fields given, with its
 * entry before it, with five fields: entry, address, port, shape and end of the
 * lease; the entry is empty where it is dead.
 */
export const SHOW: Script = script(
  "show entries",
  `${PLACE_LUA}
local reply = {}
for i = 2, #ARGV do
  local raw = redis.call('HGET', registrations, ARGV[i])
  local made = raw and unpackRegistration(raw)
  local holder, port
  if made then holder, port = placeOf(made.owner, made.port, made.stamp) end
  local fields = {'', '', '', '', ''}
  if holder then
    fields = {
      string.format('%.0f', made.entry), holder.a, tostring(port), made.shape,
      holder.finish,
    }
  end
  for _, value in ipairs(fields) do reply[#reply + 1] = value end
end
return reply
`,
  ["owners", "leases", "registrations"],
);

/**
 * Shows owners behind a number, so many of them: answers with how many live,
 * how many were looked at and the number of the last of those, then seven
 * fields for each that lives: number, name in one of its registrations,
 * address, port, registrations, end of the lease and key.
 */
export const OWNERS: Script = script(
  "show owners",
  `${PLACE_LUA}
local after = read('I8')
local most = read('I2')
local numbers =
  redis.call('ZRANGEBYSCORE', roster, '(' .. string.format('%.0f', after), '+inf', 'LIMIT', 0, most)
local reply = {
  redis.call('HGET', meta, 'owners') or '0', tostring(#numbers),
  numbers[#numbers] or '0',
}
for _, number in ipairs(numbers) do
  local owner = livingOwner(tonumber(number))
  if owner then
    local prefix = pack8(tonumber(number))
    local first =
      redis.call('ZRANGEBYLEX', byOwner, '[' .. prefix, '(' .. prefix .. '\\255', 'LIMIT', 0, 1)[1]
    local peer = first and string.match(first, '^([^%z]*)', 9) or ''
    local fields = {
      number, peer, owner.a, tostring(owner.p),
      redis.call('HGET', counts, 'h' .. number) or '0', owner.finish, owner.k,
    }
    for _, value in ipairs(fields) do reply[#reply + 1] = value end
  end
end
return reply
`,
  ["meta", "owners", "leases", "roster", "byOwner", "counts"],
);
