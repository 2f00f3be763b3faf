/**
 * The answer to a search as the script packs it.
 *
 * @module
 */

import type { Buffer } from "node:buffer";
import type { Address } from "../../protocol/address.ts";
import { type Digest, DIGEST_BYTES } from "../../protocol/digest.ts";
import type { PublicKey } from "../../protocol/key.ts";
import type { ContentName, PeerName } from "../../protocol/name.ts";
import type { Source } from "../store.ts";
import { readCount, readShape, SHAPE_BYTES } from "./request_packer.ts";

/** A source that was found, and how to choose it. */
export interface Candidate {
  readonly source: Source;
  /** Its place among all registrations: the newest has the highest. */
  readonly age: number;
  /** How often it was handed out, where that was asked for. */
  readonly uses: number;
}

/** What was found. */
export interface PackedSources {
  /** Living sources. */
  readonly count: number;
  readonly digest: Digest;
  /** Some of them. */
  readonly candidates: Candidate[];
}

// What a source starts with: address 16, port 2, shape 18, end of the lease 8,
// age 8, uses 4; then key, peer and name, each behind its length.
const PORT_AT = 16;
const SHAPE_AT = PORT_AT + 2;
const LEASE_AT = SHAPE_AT + SHAPE_BYTES;
const AGE_AT = LEASE_AT + 8;
const USES_AT = AGE_AT + 8;
const TEXTS_AT = USES_AT + 4;

/** What an answer starts with: what kind it is 1, count 4, digest 32. */
const DIGEST_AT = 1 + 4;
const SOURCES_AT = DIGEST_AT + DIGEST_BYTES;

/**
 * Reads what was found.
 *
 * @param withNames Whether the names of the sources are of interest.
 */
export function readSources(
  packed: Buffer,
  { withNames }: { readonly withNames: boolean },
): PackedSources {
  const candidates: Candidate[] = [];
  let at = SOURCES_AT;
  const bytes = () => {
    const start = at + 2;
    at = start + packed.readUInt16BE(at);
    return packed.subarray(start, at);
  };
  while (at < packed.length) {
    const start = at;
    at += TEXTS_AT;
    const key = bytes();
    const peer = bytes().toString() as PeerName;
    const name = bytes();
    const { size, exponent, modified, partial } = readShape(
      packed,
      start + SHAPE_AT,
    );
    candidates.push({
      source: {
        peer,
        name: withNames ? name.toString() as ContentName : undefined,
        address: packed.subarray(
          start,
          start + PORT_AT,
        ) as Uint8Array as Address,
        port: packed.readUInt16BE(start + PORT_AT),
        leaseEnd: readCount(packed, start + LEASE_AT),
        key: key.length > 0 ? key as Uint8Array as PublicKey : undefined,
        size,
        exponent,
        modified,
        partial,
      },
      age: readCount(packed, start + AGE_AT),
      uses: packed.readUInt32BE(start + USES_AT),
    });
  }
  return {
    count: packed.readUInt32BE(1),
    digest: packed.subarray(DIGEST_AT, SOURCES_AT) as Uint8Array as Digest,
    candidates,
  };
}
