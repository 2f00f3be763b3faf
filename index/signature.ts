/**
 * Whether the signature of a hello fits its key.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createPublicKey, verify } from "node:crypto";
import type { SignedKey } from "../protocol/key.ts";

// An Ed25519 key as SubjectPublicKeyInfo (RFC 8410) is these bytes and the key.
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

/** Whether `signed` has an Ed25519 signature by its key over these bytes. */
export function fitsSignature(bytes: Uint8Array, signed: SignedKey): boolean {
  try {
    const key = createPublicKey({
      key: Buffer.concat([SPKI_PREFIX, signed.key]),
      format: "der",
      type: "spki",
    });
    return verify(null, bytes, key, signed.signature);
  } catch {
    // Bytes that are no point of the curve: nobody can have signed with them.
    return false;
  }
}
