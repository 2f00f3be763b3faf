/**
 * Whether this peer has a key, by which an index knows it again.
 *
 * @module
 */

import { findIdentity } from "../../identity.ts";
import { describeError } from "../describe_error.ts";
import type { Finding } from "./finding.ts";

/** Says which key the peer of a shared folder has. */
export async function checkKey(dir: string): Promise<Finding> {
  const check = "key";
  try {
    const identity = await findIdentity(dir);
    if (!identity) {
      return {
        check,
        health: "note",
        text: "there is no key yet",
        advice: 'share and "peer key" make it',
      };
    }
    const key = identity.key.toHex();
    return { check, health: "ok", text: `it is ${key}`, facts: { key } };
  } catch (error) {
    return { check, health: "wrong", text: describeError(error) };
  }
}
