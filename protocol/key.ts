/**
 * `k`: an Ed25519 public key, and in a hello the signature that proves it.
 *
 * @module
 */

import { KEY } from "./layout.ts";
import { findContinuation, type Span, type Transaction } from "./message.ts";
import { PDU_BYTES, PDU_TYPE } from "./pdu.ts";
import type { PduBuffer } from "./pdu_buffer.ts";

/** An Ed25519 public key: 32 bytes. */
export type PublicKey = Uint8Array & { readonly __brand: "PublicKey" };

/** Bytes of a public key. */
export const PUBLIC_KEY_BYTES = 32;

/** Bytes of a signature. */
export const SIGNATURE_BYTES = 64;

/** A key and the signature that came with it: all zero where there is none. */
export interface SignedKey {
  /** The key. */
  readonly key: PublicKey;
  /** Ed25519, over the 101 bytes of the `H` before it. */
  readonly signature: Uint8Array;
}

/** Whether both are the same key. */
export function keysEqual(a: PublicKey, b: PublicKey): boolean {
  return a.every((byte, i) => byte === b[i]);
}

/**
 * Writes a `k` at `at`.
 *
 * @returns Where it ends.
 */
export function encodeKey(
  pdus: PduBuffer,
  at: number,
  transaction: Transaction,
  { key, signature }: { key: PublicKey; signature?: Uint8Array },
): number {
  pdus.begin(at, PDU_TYPE.KEY);
  pdus.setU32(at, KEY.transaction, transaction);
  pdus.setBytes(at, KEY.key, key);
  if (signature) pdus.setBytes(at, KEY.signature, signature);
  return at + PDU_BYTES;
}

/** Reads the `k` of a message, or `undefined` where it has none. */
export function decodeKey(pdus: PduBuffer, span: Span): SignedKey | undefined {
  const at = findContinuation(pdus, span, PDU_TYPE.KEY);
  if (at < 0) return undefined;
  return {
    key: pdus.copy(at, KEY.key) as PublicKey,
    signature: pdus.copy(at, KEY.signature),
  };
}
