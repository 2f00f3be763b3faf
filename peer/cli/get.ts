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
import { FileExistsError, type SourceReport } from "../errors.ts";
import { Hasher } from "../hasher.ts";
import {
  fetchContent,
  type Fetched,
  fetchMany,
  type FetchOptions,
  type ManyFetchOptions,
} from "../fetch.ts";
import { IndexClient } from "../index_client.ts";
import type { ListEntry } from "../listing.ts";
import type { Peer } from "../peer.ts";
import { RateLimit } from "../rate_limit.ts";
import { SharedFolder } from "../shared_folder.ts";
import { ExistingFiles } from "./ask_existing.ts";
import { NothingFoundError } from "./describe_error.ts";
import { formatCount } from "./display.ts";
import { Faults } from "./faults.ts";
import { tellDropped, tellFetched, tellTotal } from "./get_report.ts";
import { Progress } from "./progress.ts";
import { openPeer } from "./open_peer.ts";
import { aborted, announce } from "./share.ts";
import type { Settings } from "./settings.ts";

/** What `peer get` was told. */
export interface Wanted {
  readonly names: readonly string[];
  /** The folder to put the files in; the shared folder if left out. */
  readonly output?: string | undefined;
  /** What to do with a file in the way; if left out, somebody is asked. */
  readonly ifExists?: FetchOptions["ifExists"];
  /** Sources to fetch from at once. */
  readonly sources: number;
  /** Bytes a second. */
  readonly limitDown?: number | undefined;
  /** Whether to go on as a source. */
  readonly share: boolean;
}

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
  const sum = { files: 0, bytes: 0, fetched: 0 };
  const take = (fetched: Fetched, { alone }: { alone: boolean }) => {
    tellFetched(output, fetched, { alone });
    sum.files++;
    sum.bytes += fetched.metadata.size;
    sum.fetched += fetched.bytesFetched;
  };
  const names = await namesOf(wanted.names, getter, signal);
  const options = {
    maxSources: wanted.sources,
    limitDown,
    onSourceDropped: (report: SourceReport) => tellDropped(output, report),
    signal,
  };
  const existing = wanted.ifExists
    ? undefined
    : ExistingFiles.atTerminal(output);
  const singly = getter.fetchMany && names.length > 1
    ? await fetchTogether(names, {
      getter,
      settings,
      wanted,
      existing,
      options,
      take,
      faults,
    })
    : names;
  const fetch = asking(getter, wanted, existing);
  for (const [i, name] of singly.entries()) {
    const nth = { nth: names.length - singly.length + i + 1, of: names.length };
    const progress = new Progress(name, output, nth);
    try {
      take(
        await fetch(name, {
          ...options,
          onProgress: (state) => progress.update(state),
          onSourceDropped: (report) => tellDropped(output, report, name),
        }),
        { alone: true },
      );
    } catch (error) {
      signal.throwIfAborted();
      faults.add(error);
    }
  }
  const elapsedMs = performance.now() - started;
  if (names.length > 1) {
    tellTotal(output, { ...sum, elapsedMs, of: names.length });
  }
  faults.throwIfAny();
  if (!getter.peer) return;
  announce(settings, getter.peer, formatCount(sum.files, "file"));
  await aborted(signal);
}

/**
 * Fetches many together.
 *
 * @returns Those that somebody must be asked about first.
 */
async function fetchTogether(
  names: readonly ContentName[],
  { getter, settings: { output }, wanted, existing, options, take, faults }: {
    getter: Getter;
    settings: Settings;
    wanted: Wanted;
    existing: ExistingFiles | undefined;
    options: Omit<ManyFetchOptions, "onOutcome">;
    take: (fetched: Fetched, how: { alone: boolean }) => void;
    faults: Faults;
  },
): Promise<ContentName[]> {
  const inTheWay: ContentName[] = [];
  let progress: { name: ContentName; of: Progress } | undefined;
  let done = 0;
  await getter.fetchMany!(names, {
    ...options,
    ifExists: wanted.ifExists,
    onProgress: (name, state) => {
      if (progress?.name !== name) {
        const nth = { nth: done + 1, of: names.length };
        progress = { name, of: new Progress(name, output, nth) };
      }
      progress.of.update(state);
    },
    onOutcome: (outcome) => {
      done++;
      if ("fetched" in outcome) take(outcome.fetched, { alone: false });
      else if (existing && outcome.error instanceof FileExistsError) {
        inTheWay.push(outcome.name);
      } else faults.add(outcome.error);
    },
  });
  return inTheWay;
}

/** Fetches, and asks about a file in the way where somebody can answer. */
function asking(
  getter: Getter,
  { ifExists }: Wanted,
  existing: ExistingFiles | undefined,
): (name: ContentName, options: AskingOptions) => Promise<Fetched> {
  return async (name, options) => {
    const known = ifExists ?? existing?.forAll ?? "fail";
    try {
      return await getter.fetch(name, { ...options, ifExists: known });
    } catch (error) {
      if (!existing || !(error instanceof FileExistsError)) throw error;
      const decision = await existing.decide(error, options.signal);
      if (!decision) throw error;
      return await getter.fetch(name, { ...options, ifExists: decision });
    }
  };
}

type AskingOptions = FetchOptions & { readonly signal: AbortSignal };

interface Getter extends AsyncDisposable {
  /** Downloads one content. */
  fetch(name: ContentName, options: FetchOptions): Promise<Fetched>;
  /** Downloads many together, where nothing is to be done with each. */
  fetchMany?(
    names: readonly ContentName[],
    options: ManyFetchOptions,
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
  const client = owned.use(await IndexClient.open({ index, peer, signal }));
  const kept = owned.move();
  return {
    fetch: (name, options) =>
      fetchContent(name, { client, folder, hasher, peer }, options),
    fetchMany: (names, options) =>
      fetchMany(names, { client, folder, hasher, peer }, options),
    list: (filter, signal) => listOf(client, filter, signal),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function sharingGetter(
  settings: Settings,
  { output }: Wanted,
): Promise<Getter> {
  const peer = await openPeer(settings);
  const folder = output === undefined
    ? peer.folder
    : await SharedFolder.open(output);
  return {
    fetch: async (name, options) => {
      const done = await peer.download(name, { ...options, folder });
      if (done.notRegistered) throw done.notRegistered;
      return done;
    },
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

/** The names that were asked for, with patterns replaced by what they match. */
async function namesOf(
  texts: readonly string[],
  getter: Getter,
  signal: AbortSignal,
): Promise<ContentName[]> {
  const seen = new Set<ContentName>();
  for (const text of texts) {
    if (!text.includes("*")) {
      seen.add(contentName(text));
      continue;
    }
    const before = seen.size;
    for await (const { name } of getter.list(text, signal)) seen.add(name);
    if (seen.size === before) throw new NothingFoundError(text);
  }
  return [...seen];
}

/** Who asks for content without having been given a name. */
const ANONYMOUS = peerName("somebody");
