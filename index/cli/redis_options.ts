/**
 * Which Redis a command line names.
 *
 * @module
 */

import { ValidationError } from "@cliffy/command";
import { quote } from "../../protocol/name.ts";
import type { RedisOptions } from "../server.ts";

const PROTOCOLS = ["redis:", "rediss:", "redis+cluster:", "rediss+cluster:"];

/**
 * Reads what was typed of Redis. What may be secret is not repeated in an error.
 *
 * @throws {ValidationError} Where it was typed wrongly.
 */
export function redisOptions(
  { url, registry, secret }: {
    readonly url: string;
    readonly registry: string;
    readonly secret: string | undefined;
  },
): RedisOptions {
  const parsed = URL.parse(url);
  if (!parsed || !PROTOCOLS.includes(parsed.protocol) || !parsed.hostname) {
    throw new ValidationError(
      "Cannot use this for --redis: expected redis://[USER:PASSWORD@]HOST[:PORT], " +
        "rediss: for TLS, or redis+cluster: for a cluster",
    );
  }
  if (!/^[\w.-]{1,64}$/.test(registry)) {
    throw new ValidationError(
      `Cannot use ${
        quote(registry)
      } for --registry: expected 1 to 64 letters, digits, ".", "_" or "-"`,
    );
  }
  if (secret === undefined) return { url, registry };
  if (!/^[0-9a-f]{32}$/i.test(secret)) {
    throw new ValidationError(
      "Cannot use this for --secret: expected 32 hexadecimal digits",
    );
  }
  return { url, registry, secret: Uint8Array.fromHex(secret) };
}
