/**
 * The scripts that look after a registry.
 *
 * @module
 */

import { OWNER_LUA } from "./owner_lua.ts";
import { type Script, script } from "./script.ts";

/**
 * Frees a part of what has run out: answers with whether there is more, the
 * counts of registrations and owners, and how many leases ever ran out.
 */
export const SWEEP: Script = script(
  "sweep",
  `${OWNER_LUA}
local more = sweep(100)
local oldest = (math.floor(now / 1000) - REPLY_LIFE_S) * ANSWER
local stale = redis.call('ZCOUNT', replies, '-inf', oldest)
if stale > 0 then
  redis.call('ZREMRANGEBYRANK', replies, 0, math.min(stale, 2000) - 1)
end
local known = redis.call('HMGET', meta, 'registrations', 'owners', 'expired')
return {
  (more or stale > 2000) and 1 or 0, tonumber(known[1] or 0),
  tonumber(known[2] or 0), tonumber(known[3] or 0), now,
}
`,
);

/**
 * Joins a registry, or makes one: answers with its version, its epoch, its
 * secret and the time. What is given counts where there is none yet.
 */
export const JOIN: Script = script(
  "join the registry",
  `
local secret = read('c16')
local epoch = read('c8')
redis.call('HSETNX', meta, 'version', '2')
redis.call('HSETNX', meta, 'epoch', epoch)
redis.call('HSETNX', meta, 'secret', secret)
local known = redis.call('HMGET', meta, 'version', 'epoch', 'secret')
return {known[1], known[2], known[3], now}
`,
  ["meta"],
);

/** Counts that registrations were handed out. */
export const USE: Script = script(
  "count uses",
  `
for _, field in ipairs({unpack(ARGV, 2)}) do
  if redis.call('HEXISTS', registrations, field) == 1 then
    redis.call('HINCRBY', counts, 'u' .. field, 1)
  end
end
return {}
`,
  ["registrations", "counts"],
);
