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
local known = {}

-- An owner, with the end of its lease; nil where it is dead.
local function livingOwner(number)
  local owner = known[number]
  if owner == nil then
    owner = false
    local finish = redis.call('ZSCORE', leases, number)
    if finish and tonumber(finish) > now then
      owner = cmsgpack.unpack(redis.call('HGET', owners, number))
      owner.finish = finish
    end
    known[number] = owner
  end
  return owner or nil
end

-- Who holds a registration, and its port; nil where that is dead.
local function placeOf(made)
  local holder = livingOwner(made.owner)
  if holder then
    if holder.p == 0 or made.stamp == holder.t then return holder, made.port end
    return holder, holder.p
  end
  local raw = redis.call('HGET', owners, made.owner)
  local owner = raw and cmsgpack.unpack(raw)
  if not owner or owner.h == 0 then return nil end
  holder = livingOwner(owner.h)
  if not holder then return nil end
  if holder.t ~= owner.i then return holder, holder.p end
  if owner.p == 0 or made.stamp == owner.t then return holder, made.port end
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
 * `FOUND`, `NONE` or `BUSY`, then the number of sources, the digest and the
 * sources themselves; the newest comes first, then those after `turn`, then
 * those before it. Where the first ones were much work, the last ones are left
 * unanswered.
 */
export const SEARCH: Script = script(
  "search",
  `${PLACE_LUA}
local NONE, BUSY = string.char(${FINDING.NONE}), string.char(${FINDING.BUSY})
local wanted, turn, withUses, name, digest, dead
local parts, sources

-- Walks from the newest on; visit returns whether to go on.
local function walk(key, prefix, high, low, fieldOf, visit)
  local from, size = high, 1
  while true do
    local found = redis.call('ZREVRANGEBYLEX', key, from, low, 'LIMIT', 0, size)
    for _, member in ipairs(found) do
      local age = struct.unpack('>I8', member, #prefix + 1)
      local field = fieldOf(member)
      local made =
        unpackRegistration(redis.call('HGET', registrations, field))
      local holder, port = placeOf(made)
      if holder then
        if not visit(field, made, holder, port, age) then return end
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

local function show(field, made, holder, port, age)
  local zero = string.find(field, '\\0', 1, true)
  local peer = string.sub(field, 1, zero - 1)
  local called = name == '' and string.sub(field, zero + 1) or ''
  local uses = withUses and redis.call('HGET', counts, 'u' .. field) or 0
  sources = sources + 1
  parts[sources] = struct.pack('>c16I2c18I8I8I4I2c0I2c0I2c0', holder.a, port,
    made.shape, holder.finish, age, uses, #holder.k, holder.k, #peer, peer,
    #called, called)
  return sources < wanted
end

local function found(count)
  return struct.pack('>I1I4c32', ${FINDING.FOUND}, count, digest) .. table.concat(parts)
end

local function search()
  parts, sources, dead = {}, 0, 0
  if digest == '' then
    local prefix = name .. '\\0'
    local high, low = '(' .. name .. '\\1', '[' .. prefix
    local first =
      redis.call('ZREVRANGEBYLEX', byName, high, low, 'LIMIT', 0, 2)
    if #first == 0 then return NONE end
    if #first == 1 then
      -- Nearly every name has one source.
      local field = string.sub(first[1], #prefix + 9) .. '\\0' .. name
      local made = unpackRegistration(redis.call('HGET', registrations, field))
      local holder, port = placeOf(made)
      if not holder then return NONE end
      show(field, made, holder, port, made.age)
      digest = made.digest
      return found(1)
    end
    walk(byName, prefix, high, low, nameField(prefix),
      function(_, made)
        digest = made.digest
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
  local total = redis.call('ZLEXCOUNT', key, low, high)
  local alive = 0
  local newest

  -- The newest; with no more than a few, all of them are looked at.
  dead = 0
  local few = total <= ${EXACT}
  local later = {}
  walk(key, prefix, high, low, fieldOf, function(field, made, holder, port, age)
    alive = alive + 1
    if alive == 1 then
      newest = age
      show(field, made, holder, port, age)
      return few and alive + dead < total or not few and turn == 0 and wanted > 1
    elseif turn > 0 and age >= turn and few then
      later[#later + 1] = {field, made, holder, port, age}
    elseif sources < wanted then
      show(field, made, holder, port, age)
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
        function(field, made, holder, port, age)
          return age >= turn and show(field, made, holder, port, age)
        end)
    end
  end
  return found(few and alive or math.max(total - dead, sources))
end

local reply, work = {}, 0
for i = 1, #ARGV do
  if i > 1 then
    input, at = ARGV[i], 1
    read('I8')
  end
  wanted = read('I2')
  turn = read('I8')
  withUses = read('I1') == 1
  name = read('I2c0')
  digest = read('I2c0')
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
  if made then holder, port = placeOf(made) end
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
  local owner = livingOwner(number)
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
