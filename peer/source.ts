/**
 * Who has a content, as an index tells it.
 *
 * @module
 */

import {
  type Address,
  formatAddress,
  isUnspecified,
} from "../protocol/address.ts";
import type { PublicKey } from "../protocol/key.ts";
import type { Metadata } from "../protocol/metadata.ts";
import type { ContentName, PeerName } from "../protocol/name.ts";
import type { RecordReply } from "../protocol/reply.ts";
import type { ListEntry } from "./listing.ts";

/** A peer that has a content. */
export interface Source {
  /** The address of its content server. */
  readonly hostname: string;
  /** The TCP port of its content server. */
  readonly port: number;
  /** The user name that it is registered under. */
  readonly peer: PeerName;
  /** What the content is called there. */
  readonly name: ContentName;
  /** The key of the source's owner. */
  readonly key?: PublicKey;
  /** What this source has, where that differs from what the newest has. */
  readonly metadata?: Metadata;
}

/** What a search found. */
export interface SearchResult {
  /** What the content is, as its newest registration says. */
  readonly metadata: Metadata;
  /** How many sources the index knows. */
  readonly count: number;
  /** Some of them, newest first. */
  readonly sources: readonly Source[];
}

/**
 * The sources among the records of an answer.
 *
 * @param indexHost The address that the index was reached at, which an address
 * of zero stands for.
 */
export function sourcesOf(
  records: readonly RecordReply[],
  indexHost: string,
): Source[] {
  return records.filter(({ type }) => type === "S").map(
    ({ address, port, peer, name, key, metadata }) => ({
      hostname: hostOf(address, indexHost),
      port,
      peer,
      name,
      ...(key && { key }),
      ...(metadata && { metadata }),
    }),
  );
}

/** The registrations among the records of an answer; see `sourcesOf()`. */
export function listEntriesOf(
  records: readonly RecordReply[],
  indexHost: string,
): ListEntry[] {
  return records.filter(({ type }) => type === "O").map(
    ({ address, port, peer, name, size }) => ({
      peer,
      name,
      size,
      hostname: hostOf(address, indexHost),
      port,
    }),
  );
}

function hostOf(address: Address, indexHost: string): string {
  return isUnspecified(address) ? indexHost : formatAddress(address);
}
