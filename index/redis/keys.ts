/**
 * The keys of a registry in Redis.
 *
 * A registry has a fixed number of keys, all with the same hash tag, so all lie
 * in one slot of a cluster: every script may touch all of them and is atomic
 * there as well. What grows is inside them, in hashes and sorted sets.
 *
 * @module
 */

/** The name of a registry that was given none. */
export const DEFAULT_REGISTRY = "peerdex";

/** What each key holds: its letter, in the order in which scripts get them. */
export const KEY_LETTERS = {
  /** Hash: counters, the version of this layout, what indexes share. */
  meta: "m",
  /** Hash: owner number → owner. */
  owners: "o",
  /** Hash: endpoint → number of the owner that it acts for. */
  sessions: "s",
  /** Hash: public key → owner number. */
  publicKeys: "k",
  /** Hash: registrations by owner and by address, owners by address. */
  counts: "c",
  /** Sorted set: owner number by the end of its lease. */
  leases: "l",
  /** Sorted set: owner number in the order in which they were made. */
  roster: "q",
  /** Set: owners whose registrations are dead and wait to be freed. */
  gone: "g",
  /** Sorted set: heir, then whom it took over. */
  taken: "t",
  /** Hash: peer, NUL, name → registration. */
  registrations: "r",
  /** Sorted set: name, NUL, age, peer. */
  byName: "n",
  /** Sorted set: name, NUL, digest, age, peer. */
  byOffer: "f",
  /** Sorted set: digest, age, peer, NUL, name. */
  byDigest: "d",
  /** Sorted set: owner number, peer, NUL, name. */
  byOwner: "w",
  /** Sorted set: peer, NUL, name in the order of the list. */
  entries: "e",
  /** Sorted set: marks of requests that were answered, with the answer. */
  replies: "p",
} as const;

/** What a key holds. */
export type KeyName = keyof typeof KEY_LETTERS;

/** Every key, in the order in which scripts get them. */
export const KEY_NAMES: readonly KeyName[] = Object.keys(
  KEY_LETTERS,
) as KeyName[];

/**
 * A key of a registry.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { registryKey } from "./keys.ts";
 *
 * assertEquals(registryKey("peerdex", "meta"), "{peerdex}m");
 * ```
 */
export function registryKey(registry: string, name: KeyName): string {
  return `{${registry}}${KEY_LETTERS[name]}`;
}

/**
 * Checks the name of a registry.
 *
 * @throws {RangeError} Where it is no 1 to 64 letters, digits, `.`, `_`, `-`.
 */
export function checkRegistry(name: string): string {
  if (/^[\w.-]{1,64}$/.test(name)) return name;
  throw new RangeError(
    `Cannot use ${
      JSON.stringify(name)
    } as the name of a registry: expected 1 to 64 letters, digits, ".", "_" or "-"`,
  );
}
