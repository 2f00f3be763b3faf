/**
 * Which index a command asks where none was named: the one that answered the
 * last time, one on this host, or one that announces itself on the local
 * network.
 *
 * @module
 */

import {
  type Discovery,
  findIndexes,
  type FoundIndex,
  nothingFound,
} from "../../discovery/mod.ts";
import { isAnswering } from "./is_answering.ts";
import {
  DEFAULT_INDEX_PORT,
  formatIndexAddress,
  type IndexAddress,
} from "./index_address.ts";
import { NoIndexError } from "./no_index_error.ts";
import type { Output } from "./output.ts";
import { recallIndex, rememberIndex } from "./remembered_index.ts";

/** What looking for an index needs to know. */
export interface LocateOptions {
  /** The shared folder, which remembers the last index. */
  readonly dir: string;
  readonly output: Output;
  readonly signal: AbortSignal;
}

/** How indexes are asked and found. */
export interface IndexSearch {
  /** Whether an index answers within a time. */
  isAnswering(
    index: IndexAddress,
    options: { limitMs: number; signal: AbortSignal },
  ): Promise<boolean>;
  /** Looks on the local network. */
  find(options: { signal: AbortSignal }): Promise<Discovery>;
  /** Whether every address may be spoken to without asking the user. */
  mayAskAll(): boolean;
}

/** An index of this host. */
const HERE: IndexAddress = { hostname: "localhost", port: DEFAULT_INDEX_PORT };

/** How long the last index is waited for, in milliseconds. */
const REMEMBERED_MS = 1_000;

/** How long an index of this host is waited for, in milliseconds. */
const HERE_MS = 300;

/** How long an index that was found is waited for, in milliseconds. */
const FOUND_MS = 1_500;

/** Addresses that are tried of all that were found. */
const MAX_TRIED = 16;

/**
 * Finds an index, and says where it is unless it was to be expected.
 *
 * @throws {NoIndexError} Where there is none, saying what was tried and what to
 * type.
 */
export async function locateIndex(
  { dir, output, signal }: LocateOptions,
  search: IndexSearch = SYSTEM,
): Promise<IndexAddress> {
  const last = await recallIndex(dir);
  if (last) {
    const limitMs = REMEMBERED_MS;
    if (await search.isAnswering(last, { limitMs, signal })) return last;
    output.note(
      `The index of last time, ${formatIndexAddress(last)}, does not answer; ` +
        "looking for another",
    );
  }
  // With leave for some addresses only, one of them has to be named.
  if (!search.mayAskAll()) return HERE;
  const found = await findHereOrNear(search, signal);
  if (!("tried" in found)) {
    await rememberIndex(dir, found);
    return found;
  }
  const chosen = await firstToAnswer(found.found, { search, signal });
  if (!chosen) throw new NoIndexError(reasonOf(found, last));
  const { index, instance } = chosen;
  output.note(`Found the index ${instance} at ${formatIndexAddress(index)}`);
  if (found.found.length > 1) {
    output.note(
      `There are ${found.found.length} indexes on the local network: ${
        found.found.map(({ instance, hostname, port }) =>
          `${instance} at ${formatIndexAddress({ hostname, port })}`
        ).join(", ")
      }; --index HOST:PORT names one`,
    );
  }
  await rememberIndex(dir, index);
  return index;
}

/** The index of this host, or else what is on the local network. */
async function findHereOrNear(
  search: IndexSearch,
  signal: AbortSignal,
): Promise<IndexAddress | Discovery> {
  const enough = new AbortController();
  const until = AbortSignal.any([signal, enough.signal]);
  const finding = search.find({ signal: until }).then(
    (discovery) => ({ discovery }),
    (error: unknown) => ({ error }),
  );
  try {
    const here = { limitMs: HERE_MS, signal };
    if (await search.isAnswering(HERE, here)) return HERE;
    const near = await finding;
    if ("error" in near) throw near.error;
    return near.discovery;
  } finally {
    enough.abort();
    await finding;
  }
}

async function firstToAnswer(
  found: readonly FoundIndex[],
  { search, signal }: { search: IndexSearch; signal: AbortSignal },
): Promise<{ index: IndexAddress; instance: string } | undefined> {
  const candidates = found.flatMap(({ instance, hostnames, port }) =>
    hostnames.map((hostname, rank) => ({
      ...{ instance, rank },
      index: { hostname, port },
    }))
  ).sort((a, b) => a.rank - b.rank).slice(0, MAX_TRIED);
  const enough = new AbortController();
  const limits = {
    limitMs: FOUND_MS,
    signal: AbortSignal.any([signal, enough.signal]),
  };
  // All are asked at once, and the best of those that answer is taken.
  const answers = candidates.map(({ index }) =>
    search.isAnswering(index, limits)
  );
  const settled = Promise.allSettled(answers);
  try {
    for (const [i, candidate] of candidates.entries()) {
      if (await answers[i]) return candidate;
    }
    return undefined;
  } finally {
    enough.abort();
    await settled;
  }
}

function reasonOf(
  { found, tried }: Discovery,
  last: IndexAddress | undefined,
): string {
  const here = `no index answers at ${formatIndexAddress(HERE)}`;
  const before = last
    ? `the one of last time, ${formatIndexAddress(last)}, does not answer; ` +
      here
    : here;
  if (found.length === 0) {
    return nothingFound(tried).replace(
      /; (?=type --index)/,
      `; ${before}; start one, or `,
    );
  }
  return `Cannot reach an index: ${
    found.map(({ instance, hostnames, port }) =>
      `${instance} announces itself at ${
        hostnames.map((hostname) => formatIndexAddress({ hostname, port }))
          .join(", ")
      } and does not answer there`
    ).join("; ")
  }; ${before}; check its firewall, or type --index HOST:PORT to name another`;
}

const SYSTEM: IndexSearch = {
  isAnswering,
  find: findIndexes,
  mayAskAll: () =>
    Deno.permissions.querySync({ name: "net" }).state === "granted",
};
