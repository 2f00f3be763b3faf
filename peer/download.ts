/**
 * Downloads a content: every piece verified, kept across interruptions, and
 * under its name only when it is whole.
 *
 * @module
 */

import { digestsEqual } from "../protocol/digest.ts";
import { type ContentName, isFolderName, quote } from "../protocol/name.ts";
import { dirname } from "@std/path";
import { READ_SLACK_BYTES } from "./answer_reader.ts";
import { hasBit } from "./bitfield.ts";
import { BlockMap, MAX_BLOCK_BYTES } from "./block_map.ts";
import { BlockPicker } from "./block_picker.ts";
import { BufferPool } from "./buffer_pool.ts";
import type { Candidate } from "./candidate.ts";
import { otherContent } from "./check_metadata.ts";
import { type Clock, SYSTEM_CLOCK } from "./clock.ts";
import { Crowd } from "./crowd.ts";
import type {
  Contribution,
  DownloadOptions,
  DownloadResult,
} from "./download_options.ts";
import type { FoundSources } from "./find_sources.ts";
import { HashFetch } from "./hash_fetch.ts";
import { lookAt, makeFolder } from "./own_file.ts";
import { PartFile } from "./part_file.ts";
import type { PartRecord } from "./part_record.ts";
import { PieceChecker, provesDigest } from "./piece_checker.ts";
import { PieceFetch } from "./piece_fetch.ts";
import type { IfExists } from "./place_file.ts";
import { placeFolder } from "./place_folder.ts";
import { asSaved, presentFile } from "./present_file.ts";
import { verifiedPieces } from "./resume.ts";
import { endpointOf } from "./source_error.ts";
import { Swarm } from "./swarm.ts";

export type {
  Contribution,
  DownloadOptions,
  DownloadProgress,
  DownloadResult,
} from "./download_options.ts";
export type { FindSources, FoundSources } from "./find_sources.ts";
export type { IfExists } from "./place_file.ts";

/** Buffers for what is being hashed and written, besides one for each source. */
const SPARE_BUFFERS = 4;

/** Sources at once. */
const MAX_SOURCES = 4;

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
  const isFolder = isFolderName(name);
  const target = isFolder
    ? await folder.folderPathFor(saveAs)
    : await folder.pathFor(saveAs);
  const found = await find(signal, digest);
  const { metadata } = found;
  if (digest && !digestsEqual(metadata.digest, digest)) {
    throw otherContent(name);
  }
  if (isFolder) {
    const root = folder.path;
    return await placeFolder(target, { name, metadata, root, ifExists });
  }
  const present = await presentFile(target, { metadata, options });
  if (present) {
    if (present.outcome === "present") {
      await PartFile.removeLeft({ folder: folder.path, key: metadata });
    }
    return present;
  }
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
  readonly #crowd: Crowd;
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
    this.#crowd = new Crowd(options.peer, this.#map.pieces);
    this.#swarm = new Swarm({
      name,
      found,
      find: options.find,
      crowd: this.#crowd,
      maxSources: options.maxSources ?? MAX_SOURCES,
      random: options.random ?? Math.random,
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
    record: PartRecord,
  ): Promise<number> {
    const { metadata } = this.#found;
    const { verified, hashes } = record;
    const { exponent } = metadata;
    const map = this.#map;
    const picker = new BlockPicker(map, {
      verified,
      random: this.#options.random ?? Math.random,
      crowd: this.#crowd,
    });
    const fetch = new PieceFetch({
      metadata,
      map,
      picker,
      crowd: this.#crowd,
      checker: new PieceChecker<Candidate>(map, { hashes, exponent }),
      part,
      hasher: this.#options.hasher,
      buffers: new BufferPool({
        bytes: Math.min(MAX_BLOCK_BYTES, map.size) + READ_SLACK_BYTES,
        count: SPARE_BUFFERS + (this.#options.maxSources ?? MAX_SOURCES),
      }),
      swarm: this.#swarm,
      clock: this.#clock,
      onVerified: (piece) => {
        this.#bytesVerified += map.pieceLength(piece);
        this.#tellProgress();
      },
    });
    this.#tellPart(part, record);
    this.#tellProgress();
    try {
      await this.#swarm.run(fetch);
    } finally {
      await fetch.settle();
    }
    return fetch.fetchedBytes;
  }

  /** Tells what can be served already. */
  #tellPart(part: PartFile, { verified, hashes }: PartRecord): void {
    if (this.#map.pieces < 2) return;
    this.#options.onPart?.({
      name: this.#name,
      metadata: { ...this.#found.metadata, partial: true },
      pieceHashes: hashes,
      have: verified,
      // Where it is now: it moves to its final name in the end.
      get path() {
        return part.path;
      },
    });
  }

  #tellProgress(): void {
    this.#options.onProgress?.({
      bytes: this.#bytesVerified,
      size: this.#map.size,
      sources: this.#swarm.active.size,
    });
  }
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
