/**
 * The answer to a search as the script packs it.
 *
 * @module
 */

import type { Buffer } from "node:buffer";
import { type Address, ADDRESS_BYTES } from "../../protocol/address.ts";
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

// A source starts with its registration as it is kept: owner 8, age 8, entry 8,
// port 2, stamp 4, digest 32, shape 18.
const AGE_AT = 8;
const DIGEST_AT = AGE_AT + 8 + 8 + 2 + 4;
const SHAPE_AT = DIGEST_AT + DIGEST_BYTES;
// Then its holder: address 16, end of the lease 8, key behind its length.
const ADDRESS_AT = SHAPE_AT + SHAPE_BYTES;
const LEASE_AT = ADDRESS_AT + ADDRESS_BYTES;
const KEY_AT = LEASE_AT + 8;
// Then port 2 and uses 4; then peer and name, each behind its length.
const USES_AT = 2;
const PEER_AT = USES_AT + 4;

/** What an answer starts with: what kind it is 1, count 4. */
const COUNT_AT = 1;
const SOURCES_AT = COUNT_AT + 4;

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
    at += KEY_AT;
    const key = bytes();
    const served = at;
    at += PEER_AT;
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
          start + ADDRESS_AT,
          start + LEASE_AT,
        ) as Uint8Array as Address,
        port: packed.readUInt16BE(served),
        leaseEnd: readCount(packed, start + LEASE_AT),
        key: key.length > 0 ? key as Uint8Array as PublicKey : undefined,
        size,
        exponent,
        modified,
        partial,
      },
      age: readCount(packed, start + AGE_AT),
      uses: packed.readUInt32BE(served + USES_AT),
    });
  }
  const digest = packed.subarray(
    SOURCES_AT + DIGEST_AT,
    SOURCES_AT + SHAPE_AT,
  ) as Uint8Array as Digest;
  return { count: packed.readUInt32BE(COUNT_AT), digest, candidates };
}
