/**
 * Owners, sessions and leases as scripts see them, and how registrations are
 * freed: what goes before every script that changes something.
 *
 * @module
 */

/** Functions of scripts that change something. They get every key. */
export const OWNER_LUA = `
local maxRegistrations, maxPerOwner, maxPerAddress, maxOwners,
  maxOwnersPerAddress, maxReplies = struct.unpack('>I8I8I8I8I8I8', ARGV[#ARGV])

local NO_MARK = string.rep('\\0', 16)
local REPLY_LIFE_S = 120
-- A score is the second of an answer, then the answer in 19 bits.
local ANSWER = 524288

local function recall(mark)
  if mark == NO_MARK then return nil end
  local score = redis.call('ZSCORE', replies, mark)
  if not score then return nil end
  score = tonumber(score)
  local answer = score % ANSWER
  if (score - answer) / ANSWER + REPLY_LIFE_S <= now / 1000 then return nil end
  return answer
end

local function remember(mark, answer)
  if mark == NO_MARK then return end
  redis.call('ZADD', replies, math.floor(now / 1000) * ANSWER + answer, mark)
  local over = redis.call('ZCARD', replies) - maxReplies
  if over > 0 then redis.call('ZREMRANGEBYRANK', replies, 0, over - 1) end
end

local function count(field)
  return tonumber(redis.call('HGET', counts, field) or 0)
end

local function add(key, field, number)
  local sum = redis.call('HINCRBY', key, field, number)
  if sum == 0 then redis.call('HDEL', key, field) end
  return sum
end

local function nextNumber()
  return redis.call('HINCRBY', meta, 'next', 1)
end

-- An owner: k key, s session, a address, x what counts as one address, p port,
-- t stamp, u whether some have other ports, l lease, h heir, i heir's stamp.
local function loadOwner(number)
  local raw = redis.call('HGET', owners, number)
  if not raw then return nil end
  local owner = cmsgpack.unpack(raw)
  owner.number = number
  return owner
end

local function saveOwner(owner)
  local number = owner.number
  owner.number = nil
  redis.call('HSET', owners, number, cmsgpack.pack(owner))
  owner.number = number
end

local function endSession(owner)
  if owner.s == '' then return end
  redis.call('HDEL', sessions, owner.s)
  owner.s = ''
end

-- Lets go of an owner: from now on all that it registered is dead.
local function retire(owner)
  local number = owner.number
  redis.call('ZREM', leases, number)
  redis.call('ZREM', roster, number)
  endSession(owner)
  if owner.k ~= '' then redis.call('HDEL', publicKeys, owner.k) end
  add(meta, 'owners', -1)
  local held = count('h' .. number)
  if held > 0 then
    add(meta, 'registrations', -held)
    add(counts, 'r' .. owner.x, -held)
    redis.call('HDEL', counts, 'h' .. number)
  end
  add(counts, 'o' .. owner.x, -1)
  redis.call('SADD', gone, number)
  saveOwner(owner)
end

-- The owner with this number, if it lives.
local function living(number)
  if not number then return nil end
  number = tonumber(number)
  local finish = redis.call('ZSCORE', leases, number)
  if not finish then return nil end
  local owner = loadOwner(number)
  if tonumber(finish) > now then return owner end
  redis.call('HINCRBY', meta, 'expired', 1)
  retire(owner)
  return nil
end

local function actingFor(endpoint)
  return living(redis.call('HGET', sessions, endpoint))
end

local function withKey(key)
  return living(redis.call('HGET', publicKeys, key))
end

local function expire(most)
  local due = redis.call('ZRANGEBYSCORE', leases, '-inf', now, 'LIMIT', 0, most)
  for _, number in ipairs(due) do living(number) end
  return #due
end

local function renew(owner)
  redis.call('ZADD', leases, now + owner.l, owner.number)
end

local function claim(owner, key)
  owner.k = key
  redis.call('HSET', publicKeys, key, owner.number)
end

-- Makes an owner of an endpoint, or nil where a limit is reached.
local function enroll(from, lease)
  local function isFull()
    local alive = tonumber(redis.call('HGET', meta, 'owners') or 0)
    return alive >= maxOwners or count('o' .. from.prefix) >= maxOwnersPerAddress
  end
  if isFull() and (expire(50) == 0 or isFull()) then return nil end
  local owner = {
    number = nextNumber(), k = '', s = from.key, a = from.address,
    x = from.prefix, p = 0, t = 0, u = 0, l = lease, h = 0, i = 0,
  }
  add(meta, 'owners', 1)
  add(counts, 'o' .. owner.x, 1)
  redis.call('HSET', sessions, owner.s, owner.number)
  redis.call('ZADD', roster, owner.number, owner.number)
  return owner
end

-- Whether the limits let an owner go to an endpoint, and take in who is there.
local function mayMove(owner, from, acting)
  local held = count('h' .. owner.number)
  local joins = acting and acting.k == ''
  local joining = joins and count('h' .. acting.number) or 0
  if joining > 0 and held + joining > maxPerOwner then return false end
  if owner.x == from.prefix then return true end
  return (joins or count('o' .. from.prefix) < maxOwnersPerAddress) and
    count('r' .. from.prefix) + held <= maxPerAddress
end

local function loadRegistration(field)
  local raw = redis.call('HGET', registrations, field)
  return raw and unpackRegistration(raw)
end

local function saveRegistration(field, made)
  redis.call('HSET', registrations, field,
    struct.pack('>I8I8I8I2I4', made.owner, made.age, made.entry, made.port,
      made.stamp) .. made.digest .. made.shape)
end

local function splitField(field)
  local zero = string.find(field, '\\0', 1, true)
  return string.sub(field, 1, zero - 1), string.sub(field, zero + 1)
end

-- Makes a registration the newest of its name, its digest, and both together.
local function attach(field, made)
  local peer, name = splitField(field)
  local age = pack8(made.age)
  redis.call('ZADD', byName, 0, name .. '\\0' .. age .. peer)
  redis.call('ZADD', byOffer, 0, name .. '\\0' .. made.digest .. age .. peer)
  redis.call('ZADD', byDigest, 0, made.digest .. age .. field)
end

local function detach(field, made)
  local peer, name = splitField(field)
  local age = pack8(made.age)
  redis.call('ZREM', byName, name .. '\\0' .. age .. peer)
  redis.call('ZREM', byOffer, name .. '\\0' .. made.digest .. age .. peer)
  redis.call('ZREM', byDigest, made.digest .. age .. field)
end

-- Whoever was taken over is kept for as long as registrations have its number.
local function dropNumber(owner)
  if add(counts, 'w' .. owner.number, -1) > 0 or owner.h == 0 then return end
  redis.call('ZREM', taken, pack8(owner.h) .. pack8(owner.number))
  redis.call('HDEL', owners, owner.number)
end

-- Whom a registration with this number in it belongs to now.
local function holderOf(owner)
  return owner.h == 0 and owner or loadOwner(owner.h)
end

local function free(field, made)
  detach(field, made)
  redis.call('HDEL', registrations, field)
  redis.call('ZREM', byOwner, pack8(made.owner) .. field)
  redis.call('ZREM', entries, field)
  redis.call('HDEL', counts, 'u' .. field)
  local owner = loadOwner(made.owner)
  local holder = holderOf(owner)
  if redis.call('ZSCORE', leases, holder.number) then
    add(counts, 'h' .. holder.number, -1)
    add(counts, 'r' .. holder.x, -1)
    add(meta, 'registrations', -1)
  end
  dropNumber(owner)
end

local function after(prefix)
  return '[' .. prefix, '(' .. prefix .. '\\255'
end

-- Frees some of what is dead, and says whether there is more.
local function sweep(most)
  local left = most - expire(most)
  while left > 0 do
    local number = redis.call('SRANDMEMBER', gone)
    if not number then return false end
    number = tonumber(number)
    local low, high = after(pack8(number))
    local heir = redis.call('ZRANGEBYLEX', taken, low, high, 'LIMIT', 0, 1)[1]
    local whose = number
    if heir then
      whose = struct.unpack('>I8', heir, 9)
      low, high = after(pack8(whose))
    end
    local dead = redis.call('ZRANGEBYLEX', byOwner, low, high, 'LIMIT', 0, left)
    for _, member in ipairs(dead) do
      local field = string.sub(member, 9)
      free(field, loadRegistration(field))
    end
    left = left - #dead - 1
    if #dead == 0 then
      redis.call('SREM', gone, number)
      redis.call('HDEL', owners, number)
    end
  end
  return true
end
`;
