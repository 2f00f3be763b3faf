/**
 * A Lua script: one atomic change or one consistent look.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { KEY_NAMES, type KeyName } from "./keys.ts";

/** A script that Redis runs. */
export interface Script {
  /** What it is for, in errors. */
  readonly name: string;
  /** The keys that it touches, and no others. */
  readonly keys: readonly KeyName[];
  readonly source: string;
  /** The SHA-1 of the source, by which Redis knows it. */
  readonly sha: string;
}

/** Makes a script: `keys` are there under their names. */
export function script(
  name: string,
  body: string,
  keys: readonly KeyName[] = KEY_NAMES,
): Script {
  const source = `local ${keys.join(", ")} = unpack(KEYS)\n${BASE}${body}`;
  const sha = createHash("sha1").update(source).digest("hex");
  return { name, keys, source, sha };
}

/**
 * What every script starts with: it reads its first argument from the front, as
 * a packed sequence of numbers and texts, and tells the time.
 */
const BASE = `
local input, at = ARGV[1], 1
local function read(format)
  local value
  value, at = struct.unpack('>' .. format, input, at)
  return value
end

-- The time of this server, so that the clocks of indexes may differ. Only tests
-- give one of their own.
local now = read('I8')
if now == 0 then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end

local function pack8(number)
  return struct.pack('>I8', number)
end

local function unpackRegistration(raw)
  local owner, age, entry, port, stamp, digest, shape =
    struct.unpack('>I8I8I8I2I4c32c18', raw)
  return {
    owner = owner, age = age, entry = entry, port = port, stamp = stamp,
    digest = digest, shape = shape,
  }
end
`;
