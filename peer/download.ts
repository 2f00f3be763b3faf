/**
 * Downloads a content: every piece verified, kept across interruptions, and
 * under its name only when it is whole.
 *
 * @module
 */

import { type Digest, digestsEqual } from "../protocol/digest.ts";
import type { Metadata } from "../protocol/metadata.ts";
import { type ContentName, type PeerName, quote } from "../protocol/name.ts";
import { dirname } from "@std/path";
import { READ_SLACK_BYTES } from "./answer_reader.ts";
import { hasBit } from "./bitfield.ts";
import { BlockMap, MAX_BLOCK_BYTES } from "./block_map.ts";
import { BlockPicker } from "./block_picker.ts";
import { BufferPool } from "./buffer_pool.ts";
import type { Candidate } from "./candidate.ts";
import { type Clock, SYSTEM_CLOCK } from "./clock.ts";
import type { Connect } from "./connect.ts";
import { FileExistsError, type SourceReport } from "./errors.ts";
import { digestFile } from "./file_digest.ts";
import { HashFetch } from "./hash_fetch.ts";
import type { Hasher } from "./hasher.ts";
import { lookAt, makeFolder } from "./own_file.ts";
import { PartFile } from "./part_file.ts";
import { PieceChecker, provesDigest } from "./piece_checker.ts";
import { PieceFetch } from "./piece_fetch.ts";
import type { IfExists } from "./place_file.ts";
import type { RateLimit } from "./rate_limit.ts";
import { verifiedPieces } from "./resume.ts";
import type { SharedFolder } from "./shared_folder.ts";
import type { SourceTimeouts } from "./source_connection.ts";
import { endpointOf } from "./source_error.ts";
import { type FindSources, type FoundSources, Swarm } from "./swarm.ts";

export type { IfExists } from "./place_file.ts";
export type { FindSources, FoundSources } from "./swarm.ts";

/** How a content is downloaded. */
export interface DownloadOptions {
  /** Asks the index: once at first, and again while sources are lacking. */
  readonly find: FindSources;
  /** Where it is saved. */
  readonly folder: SharedFolder;
  /** The name of the asking peer. */
  readonly peer: PeerName;
  /** Used, and not owned. */
  readonly hasher: Hasher;
  /** The name to save it under; its own if left out. */
  readonly saveAs?: ContentName | undefined;
  /** The content that must be meant, whatever the newest registration says. */
  readonly digest?: Digest | undefined;
  /** Sources at once; 4 if left out. */
  readonly maxSources?: number | undefined;
  /** What to do where another file has the name; `"fail"` if left out. */
  readonly ifExists?: IfExists | undefined;
  /** The limit on all that is received, shared with other downloads. */
  readonly limitDown?: RateLimit | undefined;
  /** Is told how far it is, each time that pieces were verified. */
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  /** Is told of each source that is given up. */
  readonly onSourceDropped?: ((report: SourceReport) => void) | undefined;
  readonly connect?: Connect | undefined;
  readonly timeouts?: Partial<SourceTimeouts> | undefined;
  /** The piece to begin with, as a fraction of all: 0 up to, not including, 1. */
  readonly random?: (() => number) | undefined;
  /** The machine's own if left out. */
  readonly clock?: Clock | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How far a download is. */
export interface DownloadProgress {
  /** Bytes that are verified and on disk. */
  readonly bytes: number;
  /** Bytes of the content. */
  readonly size: number;
  /** Sources that are connected. */
  readonly sources: number;
}

/** What one source gave. */
export interface Contribution {
  readonly peer: PeerName;
  /** Where it is, `192.0.2.1:6010`. */
  readonly endpoint: string;
  /** Bytes of pieces that were verified. */
  readonly bytes: number;
}

/** A finished download. */
export interface DownloadResult {
  /** Where the file is. */
  readonly path: string;
  readonly metadata: Metadata;
  /** The hashes of its pieces, 32 bytes each; none where another file was left in its place. */
  readonly pieceHashes: Uint8Array;
  /** How it came to be there: fetched, there already, or another file that was to be left. */
  readonly outcome: "fetched" | "present" | "skipped";
  /** Bytes that were fetched. */
  readonly bytesFetched: number;
  /** Bytes that an earlier, interrupted download had left. */
  readonly bytesKept: number;
  /** Who gave how much, those who gave most first. */
  readonly from: readonly Contribution[];
}

/** Buffers for what is being received, hashed and written at once. */
const BUFFERS = 16;

/**
 * Downloads a content.
 *
 * @param name What it is called at the index.
 * @throws {NoSourceError} Where no source could deliver it all. What was
 * verified is kept, and the next attempt goes on from there.
 * @throws {FileExistsError} Where another file has its name.
 * @throws {DiskError} Where it cannot be written; what was verified is kept.
 * @throws {PartBusyError} Where another process downloads it into this folder.
 * @throws {UnsafePathError} Where the name leads out of the folder.
 *
 * @example
 * ```ts ignore
 * const { path, from } = await download(contentName("scene.blend"), {
 *   find: (signal, digest) => client.search({ name, digest }, { signal }),
 *   folder: await SharedFolder.open("Peer_Files"),
 *   peer: peerName("alice"),
 *   hasher,
 * });
 * ```
 */
export async function download(
  name: ContentName,
  options: DownloadOptions,
): Promise<DownloadResult> {
  const { folder, find, digest, ifExists = "fail", saveAs = name } = options;
  const signal = options.signal ?? new AbortController().signal;
  signal.throwIfAborted();
  const target = await folder.pathFor(saveAs);
  const found = await find(signal, digest);
  const { metadata } = found;
  if (digest && !digestsEqual(metadata.digest, digest)) {
    throw new Error(
      `Cannot fetch ${quote(name)}: the index gave another content than the ` +
        "one with the digest that was asked for",
    );
  }
  const present = await lookAtTarget(target, { metadata, options });
  if (present) return present;
  await makeFolder(folder.path, dirname(target));
  return await new Download(name, { found, target, ifExists, signal, options })
    .run();
}

class Download {
  readonly #name: ContentName;
  readonly #found: FoundSources;
  readonly #target: string;
  readonly #ifExists: IfExists;
  readonly #signal: AbortSignal;
  readonly #options: DownloadOptions;
  readonly #clock: Clock;
  readonly #map: BlockMap;
  readonly #swarm: Swarm;
  #bytesVerified = 0;

  constructor(
    name: ContentName,
    { found, target, ifExists, signal, options }: {
      found: FoundSources;
      target: string;
      ifExists: IfExists;
      signal: AbortSignal;
      options: DownloadOptions;
    },
  ) {
    this.#name = name;
    this.#found = found;
    this.#target = target;
    this.#ifExists = ifExists;
    this.#signal = signal;
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#map = new BlockMap(found.metadata);
    this.#swarm = new Swarm({
      name,
      digest: found.metadata.digest,
      sources: found.sources,
      find: options.find,
      maxSources: options.maxSources ?? 4,
      connection: {
        peer: options.peer,
        connect: options.connect,
        timeouts: options.timeouts,
        limit: options.limitDown,
      },
      onDropped: options.onSourceDropped,
      clock: this.#clock,
      signal,
    });
  }

  async run(): Promise<DownloadResult> {
    const { metadata } = this.#found;
    await using part = await PartFile.open({
      folder: this.#options.folder.path,
      key: metadata,
      clock: this.#clock,
    });
    const hashes = await this.#pieceHashes(part);
    const verified = await verifiedPieces(part, {
      map: this.#map,
      hashes,
      exponent: metadata.exponent,
      hasher: this.#options.hasher,
      signal: this.#signal,
    });
    await part.begin({ verified, hashes });
    for (let piece = 0; piece < this.#map.pieces; piece++) {
      if (hasBit(verified, piece)) {
        this.#bytesVerified += this.#map.pieceLength(piece);
      }
    }
    const bytesKept = this.#bytesVerified;
    const bytesFetched = await this.#fetch(part, { verified, hashes });
    this.#signal.throwIfAborted();
    const path = await part.finish(this.#target, {
      modified: metadata.modified,
      ifExists: this.#ifExists,
    });
    return {
      path,
      metadata: asSaved(metadata, await lookAt(path)),
      pieceHashes: hashes,
      outcome: "fetched",
      bytesFetched,
      bytesKept,
      from: contributions(this.#swarm.candidates),
    };
  }

  /** The hashes of the pieces: the digest itself, what is on record, or a source's. */
  async #pieceHashes(part: PartFile): Promise<Uint8Array> {
    const { metadata } = this.#found;
    const { digest, exponent } = metadata;
    const map = this.#map;
    if (map.pieces === 1) return digest;
    const known = map.pieces === 0 ? new Uint8Array(0) : part.left?.hashes;
    if (known && provesDigest(known, { digest, exponent, map })) return known;
    if (map.pieces === 0) {
      throw new Error(
        `Cannot fetch ${quote(this.#name)}: the index says that it is empty, ` +
          "but its digest is another one",
      );
    }
    const work = new HashFetch(metadata, map);
    await this.#swarm.run(work);
    return work.hashes!;
  }

  async #fetch(
    part: PartFile,
    { verified, hashes }: { verified: Uint8Array; hashes: Uint8Array },
  ): Promise<number> {
    const { metadata } = this.#found;
    const { exponent } = metadata;
    const map = this.#map;
    const picker = new BlockPicker(map, {
      verified,
      start: Math.floor((this.#options.random?.() ?? 0) * map.pieces),
    });
    const fetch = new PieceFetch({
      metadata,
      map,
      picker,
      checker: new PieceChecker<Candidate>(map, { hashes, exponent }),
      part,
      hasher: this.#options.hasher,
      buffers: new BufferPool({
        bytes: Math.min(MAX_BLOCK_BYTES, map.size) + READ_SLACK_BYTES,
        count: BUFFERS,
      }),
      swarm: this.#swarm,
      clock: this.#clock,
      onVerified: (piece) => {
        this.#bytesVerified += map.pieceLength(piece);
        this.#tellProgress();
      },
    });
    this.#tellProgress();
    try {
      await this.#swarm.run(fetch);
    } finally {
      await fetch.settle();
    }
    return fetch.fetchedBytes;
  }

  #tellProgress(): void {
    this.#options.onProgress?.({
      bytes: this.#bytesVerified,
      size: this.#map.size,
      sources: this.#swarm.active.size,
    });
  }
}

/** Looks whether a file of the name is there: the content itself, or one to be left. */
async function lookAtTarget(
  path: string,
  { metadata, options }: { metadata: Metadata; options: DownloadOptions },
): Promise<DownloadResult | undefined> {
  const info = await lookAt(path);
  if (!info) return undefined;
  const there = { path, metadata, bytesFetched: 0, bytesKept: 0, from: [] };
  if (info.isFile && info.size === metadata.size) {
    const { hasher, signal } = options;
    const { digest, pieceHashes } = await digestFile(path, { hasher, signal });
    if (digestsEqual(digest, metadata.digest)) {
      return {
        ...there,
        metadata: asSaved(metadata, info),
        pieceHashes,
        outcome: "present",
      };
    }
  }
  switch (options.ifExists) {
    case "skip":
      return { ...there, pieceHashes: new Uint8Array(0), outcome: "skipped" };
    case "overwrite":
    case "rename":
      return undefined;
    default:
      throw new FileExistsError(path);
  }
}

/** The metadata to share a file under: whole, and with the time that it got. */
function asSaved(
  metadata: Metadata,
  info: Deno.FileInfo | undefined,
): Metadata {
  const modified = Math.max(0, info?.mtime?.getTime() ?? 0);
  return { ...metadata, modified, partial: false };
}

function contributions(candidates: Iterable<Candidate>): Contribution[] {
  return [...candidates]
    .filter(({ bytes }) => bytes > 0)
    .sort((a, b) => b.bytes - a.bytes)
    .map(({ source, bytes }) => ({
      peer: source.peer,
      endpoint: endpointOf(source),
      bytes,
    }));
}
