/**
 * `peer get`: downloads files, each byte verified.
 *
 * @module
 */

import {
  type ContentName,
  contentName,
  peerName,
} from "../../protocol/name.ts";
import { FileExistsError } from "../errors.ts";
import { Hasher } from "../hasher.ts";
import {
  fetchMany,
  type FetchOptions,
  type ManyFetchOptions,
  type Wish,
} from "../fetch.ts";
import { findIdentity } from "../identity.ts";
import { IndexClient } from "../index_client.ts";
import type { ListEntry } from "../listing.ts";
import type { Peer } from "../peer.ts";
import { RateLimit } from "../rate_limit.ts";
import { SharedFolder } from "../shared_folder.ts";
import { type Decision, ExistingFiles } from "./ask_existing.ts";
import { NothingFoundError } from "./describe_error.ts";
import { formatCount } from "./display.ts";
import { Faults } from "./faults.ts";
import { GetProgress } from "./get_progress.ts";
import { tellDropped, tellFetched, tellTotal } from "./get_report.ts";
import { filterTerm, namePattern } from "./name_pattern.ts";
import type { Settings } from "./settings.ts";
import type { Wanted } from "./wanted.ts";

/** Runs `peer get`. */
export async function get(settings: Settings, wanted: Wanted): Promise<void> {
  await using getter = wanted.share
    ? await sharingGetter(settings, wanted)
    : await plainGetter(settings, wanted);
  const { output, signal } = settings;
  const limitDown = wanted.limitDown === undefined
    ? undefined
    : new RateLimit(wanted.limitDown);
  const faults = new Faults(output);
  const started = performance.now();
  const wishes = await wishesOf(wanted, getter, signal);
  const alone = wishes.length === 1;
  const progress = new GetProgress(output, {
    names: wishes.map(({ name }) => name),
  });
  const existing = wanted.ifExists
    ? undefined
    : ExistingFiles.atTerminal(output);
  const inTheWay: FileExistsError[] = [];
  const fetch = async (
    wishes: readonly Wish[],
    ifExists: FetchOptions["ifExists"],
  ) => {
    // Nothing is drawn while somebody is asked.
    using _ = progress;
    const left: Wish[] = [];
    const byName = new Map(wishes.map((wish) => [wish.name, wish]));
    await getter.fetchMany(wishes, {
      maxSources: wanted.sources,
      limitDown,
      ifExists,
      signal,
      onSourceDropped: (report) => tellDropped(output, report),
      onFound: (bytes) => progress.found(bytes),
      onLarge: (name, size) => progress.started(name, size),
      onProgress: (_name, state) => progress.update(state),
      onOutcome: (outcome) => {
        const { name } = outcome;
        if ("fetched" in outcome) {
          tellFetched(output, outcome.fetched, { alone });
          progress.add(outcome.fetched);
        } else if (existing && outcome.error instanceof FileExistsError) {
          inTheWay.push(outcome.error);
          left.push(byName.get(name)!);
          return progress.ended(name, { done: false });
        } else faults.add(outcome.error);
        progress.ended(name, { done: true });
      },
      onNotRegistered: (_name, error) => faults.add(error),
    });
    return left;
  };
  const left = await fetch(wishes, wanted.ifExists);
  if (existing) {
    for (
      const [decision, wishes] of await decide(left, inTheWay, existing, {
        faults,
        signal,
      })
    ) await fetch(wishes, decision);
  }
  const elapsedMs = performance.now() - started;
  if (!alone) tellTotal(output, { ...progress.sum, elapsedMs });
  faults.throwIfAny();
  if (!getter.peer) return;
  const { aborted, announce } = await import("./share.ts");
  announce(settings, getter.peer, formatCount(progress.sum.files, "file"));
  await aborted(signal);
}

/** Asks about files that are in the way. What nobody decides is a fault. */
async function decide(
  wishes: readonly Wish[],
  errors: readonly FileExistsError[],
  existing: ExistingFiles,
  { faults, signal }: { faults: Faults; signal: AbortSignal },
): Promise<Map<Decision, Wish[]>> {
  const decided = new Map<Decision, Wish[]>();
  for (const [i, wish] of wishes.entries()) {
    const decision = existing.forAll ??
      await existing.decide(errors[i]!, signal);
    if (!decision) faults.add(errors[i]);
    else decided.set(decision, [...decided.get(decision) ?? [], wish]);
  }
  return decided;
}

interface Getter extends AsyncDisposable {
  /** Downloads contents. */
  fetchMany(
    wishes: readonly Wish[],
    options: ManyFetchOptions & {
      onNotRegistered: (name: ContentName, error: Error) => void;
    },
  ): Promise<void>;
  /** Lists what is on line. */
  list(filter: string, signal: AbortSignal): AsyncIterable<ListEntry>;
  /** The peer that shares what was fetched, if one does. */
  readonly peer?: Peer;
}

async function plainGetter(
  { index, name, dir, signal }: Settings,
  { output }: Wanted,
): Promise<Getter> {
  await using owned = new AsyncDisposableStack();
  const folder = await SharedFolder.open(output ?? dir);
  const hasher = owned.use(new Hasher({ hereBytes: 8 * 2 ** 20 }));
  const peer = name ?? ANONYMOUS;
  const client = owned.use(
    await IndexClient.open({
      ...{ index, peer, signal, member: () => findIdentity(dir) },
    }),
  );
  const kept = owned.move();
  return {
    fetchMany: (wishes, options) =>
      fetchMany(wishes, { client, folder, hasher, peer }, options),
    list: (filter, signal) => listOf(client, filter, signal),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function sharingGetter(
  settings: Settings,
  { output }: Wanted,
): Promise<Getter> {
  const { openPeer } = await import("./open_peer.ts");
  const peer = await openPeer(settings);
  const folder = output === undefined
    ? peer.folder
    : await SharedFolder.open(output);
  return {
    fetchMany: (wishes, options) =>
      peer.downloadMany(wishes, { ...options, folder }),
    list: (filter, signal) => peer.online({ filter, signal }),
    peer,
    [Symbol.asyncDispose]: () => peer[Symbol.asyncDispose](),
  };
}

async function* listOf(
  client: IndexClient,
  filter: string,
  signal: AbortSignal,
): AsyncGenerator<ListEntry> {
  yield* await client.list(filter, { signal });
}

/** What was asked for, with patterns replaced by what they match. */
async function wishesOf(
  { names, allFrom, digest }: Wanted,
  getter: Getter,
  signal: AbortSignal,
): Promise<Wish[]> {
  const wishes = new Map<ContentName, Wish>();
  for (const text of names.length === 0 ? [""] : names) {
    const single = text === "" || text.includes("*")
      ? undefined
      : contentName(text);
    if (single !== undefined && allFrom === undefined) {
      wishes.set(single, { name: single, digest });
      continue;
    }
    // A name with a space in it cannot be asked for.
    const term = allFrom === undefined || allFrom.includes(" ")
      ? ""
      : `peer:${allFrom}`;
    const isWanted = single === undefined && text !== ""
      ? namePattern(text)
      : (name: ContentName) => single === undefined || name === single;
    const before = wishes.size;
    const filter = `${filterTerm(text)} ${term}`.trim();
    for await (const entry of getter.list(filter, signal)) {
      const { peer, name, hostname, port } = entry;
      if (allFrom !== undefined && peer !== allFrom) continue;
      if (!isWanted(name)) continue;
      const from = allFrom && { peer, name, hostname, port };
      wishes.set(name, from ? { name, from } : { name });
    }
    if (wishes.size === before) {
      throw new NothingFoundError(
        allFrom === undefined ? text : `${text || "**"} from ${allFrom}`,
      );
    }
  }
  return [...wishes.values()];
}

/** Who asks for content without having been given a name. */
const ANONYMOUS = peerName("somebody");
