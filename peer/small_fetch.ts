/**
 * Fetches small contents: many requests ahead on few connections.
 *
 * @module
 */

import { digestOf, digestsEqual } from "../protocol/digest.ts";
import { quote } from "../protocol/name.ts";
import { READ_SLACK_BYTES } from "./answer_reader.ts";
import { Bell } from "./bell.ts";
import { BufferPool } from "./buffer_pool.ts";
import { checkMetadata } from "./check_metadata.ts";
import type { Clock } from "./clock.ts";
import type { DownloadManyOptions, WantedContent } from "./download_many.ts";
import { NoSourceError } from "./errors.ts";
import type { FileBatch } from "./file_batch.ts";
import { HASHED_NOW_BYTES } from "./hasher.ts";
import { Lane } from "./lane.ts";
import { Lanes } from "./lanes.ts";
import type { SmallItem } from "./small_item.ts";
import type { Source } from "./source.ts";
import type { SourceConnection } from "./source_connection.ts";
import { reportOf, SourceError } from "./source_error.ts";

/** What small contents are fetched with. */
export type SmallFetchOptions =
  & Omit<DownloadManyOptions, "clock">
  & { readonly clock: Clock; readonly files: FileBatch<SmallItem> };

/** Contents that may wait for their turn before no more are taken. */
const MAX_WAITING = 4_096;

/** How many are left when more are taken: many in one go. */
const MIN_WAITING = 2_048;

/** The largest content that is fetched like this, in bytes. */
const MAX_BYTES = 2 ** 18;

const BUFFERS = 16;

/** A small content is one piece, of any piece size. */
const WHOLE = { exponent: 18, alone: true };

const NOTHING = new Uint8Array(0);

/** Fetches small contents from whoever has them. */
export class SmallFetch implements AsyncDisposable {
  readonly #options: SmallFetchOptions;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #lanes: Lanes<SmallItem>;
  readonly #saving = new Set<Promise<void>>();
  readonly #bell = new Bell();
  readonly #buffers = new BufferPool({
    bytes: MAX_BYTES + READ_SLACK_BYTES,
    count: BUFFERS,
  });
  #waiting = 0;
  #noMore = false;
  #failure: { readonly error: unknown } | undefined;

  /** Works with these, none of which it owns. */
  constructor(options: SmallFetchOptions) {
    this.#options = options;
    this.#signal = options.signal
      ? AbortSignal.any([options.signal, this.#stop.signal])
      : this.#stop.signal;
    this.#signal.addEventListener("abort", () => this.#bell.ring(), {
      once: true,
    });
    this.#lanes = new Lanes({
      most: options.maxSources ?? 4,
      signal: this.#signal,
      make: (source) => this.#newLane(source),
      onFailed: (error) => this.#fail(error),
    });
  }

  /**
   * Takes a content; what becomes of it is told later. Where many wait already,
   * it waits as well.
   *
   * @throws Whatever ended all: a full disk, the signal.
   */
  add(wanted: WantedContent, target: string): Promise<void> | void {
    const { name, found } = wanted;
    const left = found.sources;
    const item = { name, found, target, source: undefined, left, reports: [] };
    if (this.#waiting >= MAX_WAITING) return this.#addLater(item);
    return this.#take(item);
  }

  async #addLater(item: SmallItem): Promise<void> {
    while (this.#waiting > MIN_WAITING) {
      this.#throwIfEnded();
      await this.#bell.rung;
    }
    await this.#take(item);
  }

  #take(item: SmallItem): Promise<void> | void {
    this.#throwIfEnded();
    this.#waiting++;
    if (item.found.metadata.size === 0) return this.#saveEmpty(item);
    this.#assign(item);
  }

  /** Waits until everything that was taken is saved or given up. */
  async finish(): Promise<void> {
    this.#noMore = true;
    this.#bell.ring();
    while (this.#waiting > 0 && !this.#failure) {
      this.#signal.throwIfAborted();
      await this.#bell.rung;
    }
    this.#throwIfEnded();
  }

  /** Closes every connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error("The download has ended"));
    this.#bell.ring();
    await this.#lanes.ended();
    await Promise.all(this.#saving);
  }

  /** Gives a content to the source with the least to do, or gives it up. */
  #assign(item: SmallItem): void {
    let best: { source: Source; lane: Lane<SmallItem> } | undefined;
    for (const source of item.left) {
      const lane = this.#lanes.of(source);
      if (lane.fault || best && best.lane.load <= lane.load) continue;
      best = { source, lane };
    }
    if (!best) return this.#giveUp(item);
    const { source, lane } = best;
    item.source = source;
    item.left = item.left.filter((other) => other !== source);
    lane.push(item);
    if (lane.isOpen) this.#bell.ring();
    else this.#lanes.open();
  }

  #newLane(source: Source): Lane<SmallItem> {
    const { limitDown, onSourceDropped, ...options } = this.#options;
    return new Lane({
      source,
      connection: { ...options, limit: limitDown, signal: this.#signal },
      clock: options.clock,
      bell: this.#bell,
      isLast: () => this.#noMore,
      receive: (connection, item) => this.#receive(connection, item),
      onDropped: (error) => onSourceDropped?.(reportOf(source, error)),
      onLeft: (error, items) => {
        for (const item of items) this.#tryNext(item, error);
      },
    });
  }

  /** Reads one answer, at once where all of it has come. */
  #receive(
    connection: SourceConnection,
    item: SmallItem,
  ): Promise<void> | void {
    if (!this.#takeNow(connection, item)) return this.#wait(connection, item);
  }

  /** Takes an answer that has come, and saves it. Returns whether it was there. */
  #takeNow(connection: SourceConnection, item: SmallItem): boolean {
    const { hasher, files } = this.#options;
    const { metadata } = item.found;
    if (metadata.size > HASHED_NOW_BYTES) return false;
    const bytes = files.roomNow(metadata.size);
    if (!bytes || !connection.takeWhole(metadata, bytes)) return false;
    this.#save(item, hasher.hashNow(bytes, WHOLE)!);
    return true;
  }

  /** Waits for an answer. A refusal concerns this content alone. */
  async #wait(
    connection: SourceConnection,
    item: SmallItem,
  ): Promise<void> {
    const { files } = this.#options;
    const { metadata } = item.found;
    if (
      metadata.size <= HASHED_NOW_BYTES &&
      await connection.comesWhole(metadata.size)
    ) {
      await files.room();
      if (this.#takeNow(connection, item)) return;
    }
    try {
      checkMetadata(await connection.grant(), metadata);
    } catch (error) {
      const isRefusal = error instanceof SourceError && connection.isOpen &&
        error.fault !== "lied" && error.fault !== "busy";
      if (!isRefusal) throw error;
      return this.#tryNext(item, error);
    }
    const buffer = await this.#buffers.take({ signal: this.#signal });
    try {
      await connection.read(buffer, metadata.size);
    } catch (error) {
      this.#buffers.giveBack(buffer);
      throw error;
    }
    const saving = this.#hashAndSave(item, buffer)
      .catch((error) => this.#fail(error))
      .finally(() => this.#saving.delete(saving));
    this.#saving.add(saving);
  }

  async #hashAndSave(
    item: SmallItem,
    buffer: Uint8Array<ArrayBuffer>,
  ): Promise<void> {
    const { hasher, files } = this.#options;
    const { size } = item.found.metadata;
    let bytes = buffer.subarray(0, size);
    try {
      const { hashes, content } = await hasher.hash(bytes, WHOLE);
      bytes = content;
      let room;
      while (!(room = files.roomNow(size))) await files.room();
      room.set(bytes);
      this.#save(item, hashes);
    } finally {
      if (bytes.buffer.detached) this.#buffers.lose();
      else this.#buffers.giveBack(new Uint8Array(bytes.buffer));
    }
  }

  /** Saves what is in the room for the next file, if it is what was wanted. */
  #save(item: SmallItem, digest: Uint8Array): void {
    if (!digestsEqual(digest, item.found.metadata.digest)) {
      const error = new SourceError(
        "lied",
        "sent a piece that is not the content's",
      );
      this.#lanes.of(item.source!).drop(error);
      return this.#tryNext(item, error);
    }
    this.#options.files.add(item);
    this.#done();
  }

  async #saveEmpty(item: SmallItem): Promise<void> {
    const { files } = this.#options;
    if (!digestsEqual(item.found.metadata.digest, digestOf(NOTHING))) {
      const why = "the index says that it is empty, but its digest is another";
      const name = quote(item.name);
      return this.#refuse(item, new Error(`Cannot fetch ${name}: ${why} one`));
    }
    while (!files.roomNow(0)) await files.room();
    files.add(item);
    this.#done();
  }

  #tryNext(item: SmallItem, error: SourceError): void {
    item.reports.push(reportOf(item.source!, error));
    this.#assign(item);
  }

  #giveUp(item: SmallItem): void {
    // Those that were given up before they were asked for this.
    for (const source of item.left) {
      const { fault } = this.#lanes.of(source);
      if (fault) item.reports.push(reportOf(source, fault));
    }
    const { name, reports } = item;
    this.#refuse(item, new NoSourceError(name, { sources: reports }));
  }

  #refuse(item: SmallItem, error: Error): void {
    this.#done();
    this.#options.onResult({ name: item.name, error });
  }

  #done(): void {
    this.#waiting--;
    if (this.#waiting === MIN_WAITING || this.#waiting === 0) this.#bell.ring();
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#bell.ring();
  }

  #throwIfEnded(): void {
    this.#signal.throwIfAborted();
    if (this.#failure) throw this.#failure.error;
  }
}
