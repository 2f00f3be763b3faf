/**
 * The scripts that change a registry. A request that is known by its mark is
 * answered as before and not applied again.
 *
 * @module
 */

import { OWNER_LUA } from "./owner_lua.ts";
import { type Script, script } from "./script.ts";

/** What scripts answer: the lowest three bits of an answer. */
export const ANSWER = {
  DONE: 1,
  TAKEN: 2,
  FULL: 3,
  MISSING: 4,
  KEYED: 5,
  KEYLESS: 6,
  /** It failed, among others: asked for alone, it says why. */
  FAILED: 7,
} as const;

/** What a request of {@linkcode CHANGE} asks for: its first byte. */
export const CHANGE_KIND = {
  OPEN: 1,
  CLOSE: 2,
  REGISTER: 3,
  DEREGISTER: 4,
} as const;

/** Opens or renews a session: answers with how many registrations it holds. */
const OPEN_LUA = `
-- What an endpoint registered before it showed a key becomes the key's.
local function inherit(heir, acting)
  redis.call('ZREM', leases, acting.number)
  redis.call('ZREM', roster, acting.number)
  endSession(acting)
  add(meta, 'owners', -1)
  add(counts, 'o' .. acting.x, -1)
  local held = count('h' .. acting.number)
  if held > 0 then
    redis.call('HDEL', counts, 'h' .. acting.number)
    add(counts, 'r' .. acting.x, -held)
    add(counts, 'r' .. heir.x, held)
    add(counts, 'h' .. heir.number, held)
    heir.u = 1
  end
  if count('w' .. acting.number) == 0 then
    redis.call('HDEL', owners, acting.number)
    return
  end
  acting.h = heir.number
  acting.i = heir.t
  saveOwner(acting)
  redis.call('ZADD', taken, 0, pack8(heir.number) .. pack8(acting.number))
end

-- Moves an owner's session here, where another may have been.
local function move(owner, acting)
  endSession(owner)
  if acting and acting.k ~= '' then
    endSession(acting)
    saveOwner(acting)
  elseif acting then
    inherit(owner, acting)
  end
  owner.s = from.key
  owner.a = from.address
  redis.call('HSET', sessions, from.key, owner.number)
  if owner.x == from.prefix then return end
  local held = count('h' .. owner.number)
  add(counts, 'o' .. owner.x, -1)
  add(counts, 'o' .. from.prefix, 1)
  if held > 0 then
    add(counts, 'r' .. owner.x, -held)
    add(counts, 'r' .. from.prefix, held)
  end
  owner.x = from.prefix
end

local function open()
  local key = read('I2c0')
  local port = read('I2')
  local lease = read('I4')
  local repeated = read('I1') == 1 or recall(mark) ~= nil
  sweep(20)
  local acting = actingFor(from.key)
  if key == '' and acting and acting.k ~= '' then return {${ANSWER.KEYED}, 0} end
  local owner = acting
  if key ~= '' then owner = withKey(key) end
  if owner and acting and owner.number == acting.number then
    owner = acting
  elseif owner then
    if repeated and owner.s ~= '' then
      return {${ANSWER.DONE}, count('h' .. owner.number)}
    end
    if not mayMove(owner, from, acting) then return {${ANSWER.FULL}, 0} end
    move(owner, acting)
  elseif key ~= '' and acting and acting.k == '' then
    owner = acting
    claim(owner, key)
  else
    if acting then
      endSession(acting)
      saveOwner(acting)
    end
    owner = enroll(from, lease)
    if not owner then return {${ANSWER.FULL}, 0} end
    if key ~= '' then claim(owner, key) end
  end
  if port ~= 0 and (owner.p ~= port or owner.u == 1) then
    owner.p = port
    owner.u = 0
    owner.t = owner.t + 1
  end
  owner.l = lease
  saveOwner(owner)
  renew(owner)
  remember(mark, ${ANSWER.DONE})
  return {${ANSWER.DONE}, count('h' .. owner.number)}
end
`;

/** Ends a session. */
const CLOSE_LUA = `
local function close()
  local key = read('I2c0')
  if recall(mark) then return {${ANSWER.DONE}} end
  local owner
  if key ~= '' then owner = withKey(key) else owner = actingFor(from.key) end
  if owner then retire(owner) end
  remember(mark, ${ANSWER.DONE})
  return {${ANSWER.DONE}}
end
`;

/** Registers a content: answers with the lease in seconds. */
const REGISTER_LUA = `
-- What the owner took over from its endpoint and renews is its own.
local function adopt(field, made, owner)
  if made.owner == owner.number then return end
  redis.call('ZREM', byOwner, pack8(made.owner) .. field)
  redis.call('ZADD', byOwner, 0, pack8(owner.number) .. field)
  add(counts, 'w' .. owner.number, 1)
  dropNumber(loadOwner(made.owner))
  made.owner = owner.number
end

local function register()
  local field = read('I2c0')
  local port = read('I2')
  local lease = read('I4')
  local keyed = read('I1') == 1
  local digest = read('c32')
  local shape = read('c18')

  local before = recall(mark)
  if before then return {before % 8, math.floor(before / 8)} end

  local function refuse(answer)
    remember(mark, answer)
    return {answer, 0}
  end

  local owner = actingFor(from.key)
  if keyed and (not owner or owner.k == '') then return {${ANSWER.KEYLESS}, 0} end
  local made = loadRegistration(field)
  if made then
    local holder = holderOf(loadOwner(made.owner))
    local finish = redis.call('ZSCORE', leases, holder.number)
    if not finish or tonumber(finish) <= now then
      free(field, made)
      made = nil
    elseif not owner or holder.number ~= owner.number then
      return refuse(${ANSWER.TAKEN})
    end
  end
  if not made then
    if redis.call('HLEN', registrations) >= maxRegistrations then
      sweep(50)
      if redis.call('HLEN', registrations) >= maxRegistrations then
        return refuse(${ANSWER.FULL})
      end
    end
    local fresh = not owner
    owner = owner or enroll(from, lease)
    if not owner then return refuse(${ANSWER.FULL}) end
    if count('h' .. owner.number) >= maxPerOwner or
      count('r' .. owner.x) >= maxPerAddress then
      if fresh then
        saveOwner(owner)
        renew(owner)
      end
      return refuse(${ANSWER.FULL})
    end
    if fresh then saveOwner(owner) end
    add(counts, 'h' .. owner.number, 1)
    add(counts, 'w' .. owner.number, 1)
    add(counts, 'r' .. owner.x, 1)
    add(meta, 'registrations', 1)
    local number = nextNumber()
    made = {owner = owner.number, age = number, entry = number, digest = digest}
    redis.call('ZADD', byOwner, 0, pack8(owner.number) .. field)
    redis.call('ZADD', entries, number, field)
    attach(field, made)
  else
    adopt(field, made, owner)
    if made.digest ~= digest then
      detach(field, made)
      made.digest = digest
      made.age = nextNumber()
      attach(field, made)
    end
  end
  made.port = port
  made.stamp = owner.t
  made.shape = shape
  saveRegistration(field, made)
  if port ~= owner.p and owner.u == 0 then
    owner.u = 1
    saveOwner(owner)
  end
  renew(owner)
  local seconds = math.floor(owner.l / 1000)
  remember(mark, seconds * 8 + ${ANSWER.DONE})
  return {${ANSWER.DONE}, seconds}
end
`;

/** De-registers a content. */
const DEREGISTER_LUA = `
local function deregister()
  local field = read('I2c0')
  local before = recall(mark)
  if before then return {before % 8} end
  local answer = ${ANSWER.MISSING}
  local owner = actingFor(from.key)
  local made = owner and loadRegistration(field)
  if made and holderOf(loadOwner(made.owner)).number == owner.number then
    free(field, made)
    answer = ${ANSWER.DONE}
  end
  remember(mark, answer)
  return {answer}
end
`;

/**
 * Does what its arguments but the last ask for, in order, each as one change:
 * answers each with what came of it, and a number. The last are the limits.
 */
export const CHANGE: Script = script(
  "change the registry",
  `${OWNER_LUA}
local mark, from
${OPEN_LUA}${CLOSE_LUA}${REGISTER_LUA}${DEREGISTER_LUA}
local changes = {
  [${CHANGE_KIND.OPEN}] = open,
  [${CHANGE_KIND.CLOSE}] = close,
  [${CHANGE_KIND.REGISTER}] = register,
  [${CHANGE_KIND.DEREGISTER}] = deregister,
}
local reply = {}
for i = 1, #ARGV - 1 do
  input, at = ARGV[i], 1
  -- All of them come at the time of the first.
  read('I8')
  local change = changes[read('I1')]
  mark = read('c16')
  from = {
    address = read('c16'), key = read('I2c0'), prefix = read('I2c0'),
  }
  if #ARGV == 2 then
    reply[i] = change()
  else
    -- What Redis refuses one, for want of memory, is no matter of the others.
    local done, answer = pcall(change)
    reply[i] = done and answer or {${ANSWER.FAILED}, 0}
  end
end
return reply
`,
);
