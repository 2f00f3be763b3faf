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
import { fetchContent, type Fetched, type FetchOptions } from "../fetch.ts";
import { IndexClient } from "../index_client.ts";
import type { ListEntry } from "../listing.ts";
import type { Peer } from "../peer.ts";
import { RateLimit } from "../rate_limit.ts";
import { SharedFolder } from "../shared_folder.ts";
import { ExistingFiles } from "./ask_existing.ts";
import { NothingFoundError } from "./describe_error.ts";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatRate,
} from "./display.ts";
import { Faults } from "./faults.ts";
import type { Output } from "./output.ts";
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
  const fetch = asking(getter, settings, wanted);
  const names = await namesOf(wanted.names, getter, signal);
  const sum = { files: 0, bytes: 0, fetched: 0, elapsedMs: 0 };
  for (const [i, name] of names.entries()) {
    const progress = new Progress(name, output, {
      nth: i + 1,
      of: names.length,
    });
    try {
      const fetched = await fetch(name, {
        maxSources: wanted.sources,
        limitDown,
        onProgress: (state) => progress.update(state),
        onSourceDropped: ({ peer, endpoint, text }) => {
          output.note(`${peer} at ${endpoint} ${text}`);
          output.event({
            event: "source-dropped",
            ...{ name, peer, source: endpoint, reason: text },
          });
        },
        signal,
      });
      tell(settings, fetched);
      sum.files++;
      sum.bytes += fetched.metadata.size;
      sum.fetched += fetched.bytesFetched;
      sum.elapsedMs += fetched.elapsedMs;
    } catch (error) {
      signal.throwIfAborted();
      faults.add(error);
    }
  }
  if (names.length > 1) {
    tellTotal(output, { ...sum, of: names.length });
  }
  faults.throwIfAny();
  if (!getter.peer) return;
  announce(settings, getter.peer, formatCount(sum.files, "file"));
  await aborted(signal);
}

/** Fetches, and asks about a file in the way where somebody can answer. */
function asking(
  getter: Getter,
  { output }: Settings,
  { ifExists }: Wanted,
): (name: ContentName, options: AskingOptions) => Promise<Fetched> {
  const existing = ifExists ? undefined : ExistingFiles.atTerminal(output);
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

function tellTotal(
  output: Output,
  { files, of, bytes, fetched, elapsedMs }: {
    files: number;
    of: number;
    bytes: number;
    fetched: number;
    elapsedMs: number;
  },
): void {
  const ms = Math.round(elapsedMs);
  output.event({ event: "total", files, of, bytes, fetched, elapsedMs: ms });
  const rate = formatRate(fetched / Math.max(elapsedMs, 1) * 1_000);
  output.note(
    `${files === of ? "" : `${files} of `}${formatCount(of, "file")}, ` +
      `${formatBytes(bytes)} in ${formatDuration(elapsedMs)} (${rate})`,
  );
}

interface Getter extends AsyncDisposable {
  /** Downloads one content. */
  fetch(name: ContentName, options: FetchOptions): Promise<Fetched>;
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
  const hasher = owned.use(new Hasher());
  const peer = name ?? ANONYMOUS;
  const client = owned.use(await IndexClient.open({ index, peer, signal }));
  const kept = owned.move();
  return {
    fetch: (name, options) =>
      fetchContent(name, { client, folder, hasher, peer }, options),
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

function tell({ output }: Settings, fetched: Fetched): void {
  const { name, path, metadata, bytesFetched, bytesKept, elapsedMs } = fetched;
  const { size } = metadata;
  const from = fetched.from.map(({ peer, bytes }) =>
    fetched.from.length > 1 ? `${peer} ${formatBytes(bytes)}` : peer
  );
  output.result(
    `${path}  ${howOf(fetched)}${
      from.length > 0 ? `, from ${from.join(", ")}` : ""
    }`,
    {
      event: "done",
      name,
      path,
      size,
      digest: metadata.digest.toHex(),
      outcome: fetched.outcome,
      fetched: bytesFetched,
      kept: bytesKept,
      elapsedMs: Math.round(elapsedMs),
      from: fetched.from.map(({ peer, endpoint, bytes }) => ({
        peer,
        source: endpoint,
        bytes,
      })),
    },
  );
}

/** How a file came to be where it is, for people. */
function howOf(
  { outcome, metadata, bytesFetched, bytesKept, elapsedMs }: Fetched,
): string {
  if (outcome === "present") return "was there already";
  if (outcome === "skipped") return "is another file, which was left";
  const rate = formatRate(bytesFetched / Math.max(elapsedMs, 1) * 1_000);
  const kept = bytesKept > 0 ? `, ${formatBytes(bytesKept)} kept` : "";
  return `${formatBytes(metadata.size)} in ${formatDuration(elapsedMs)} ` +
    `(${rate}${kept})`;
}

/** Who asks for content without having been given a name. */
const ANONYMOUS = peerName("somebody");
