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
 * Searches: answers with 0 where there is nothing, 1 where it was given up, or
 * the number of sources, the digest, and eight fields for each of them: peer,
 * name, address, port, shape, key, end of the lease, age; the newest comes
 * first, then those after `turn`, then those before it.
 */
export const SEARCH: Script = script(
  "search",
  `${PLACE_LUA}
local wanted = read('I2')
local turn = read('I8')
local withUses = read('I1') == 1
local name = read('I2c0')
local digest = read('I2c0')
local dead = 0

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

local reply, sources = {0, ''}, 0

local function show(field, made, holder, port, age)
  local zero = string.find(field, '\\0', 1, true)
  local fields = {
    string.sub(field, 1, zero - 1),
    name == '' and string.sub(field, zero + 1) or '',
    holder.a, tostring(port), made.shape, holder.k, holder.finish,
    string.format('%.0f', age),
  }
  if withUses then
    fields[9] = redis.call('HGET', counts, 'u' .. field) or '0'
  end
  for _, value in ipairs(fields) do reply[#reply + 1] = value end
  sources = sources + 1
  return sources < wanted
end

if digest == '' then
  local prefix = name .. '\\0'
  local high, low = '(' .. name .. '\\1', '[' .. prefix
  local first =
    redis.call('ZREVRANGEBYLEX', byName, high, low, 'LIMIT', 0, 2)
  if #first == 0 then return 0 end
  if #first == 1 then
    -- Nearly every name has one source.
    local field = nameField(prefix)(first[1])
    local made = unpackRegistration(redis.call('HGET', registrations, field))
    local holder, port = placeOf(made)
    if not holder then return 0 end
    show(field, made, holder, port, made.age)
    reply[1], reply[2] = 1, made.digest
    return reply
  end
  walk(byName, prefix, high, low, nameField(prefix),
    function(_, made)
      digest = made.digest
      return false
    end)
  if digest == '' then return dead >= ${MAX_DEAD} and 1 or 0 end
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
reply[2] = digest
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
if alive == 0 then return dead >= ${MAX_DEAD} and 1 or 0 end
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
reply[1] = few and alive or math.max(total - dead, sources)
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
