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
import { Lane, type Task } from "./lane.ts";
import { smallFile, type SmallItem } from "./small_item.ts";
import type { Source } from "./source.ts";
import type { SourceConnection } from "./source_connection.ts";
import { endpointOf, reportOf, SourceError } from "./source_error.ts";

/** What small contents are fetched with. */
export type SmallFetchOptions =
  & Omit<DownloadManyOptions, "clock">
  & { readonly clock: Clock; readonly files: FileBatch };

/** Contents that may wait for their turn before no more are taken. */
const MAX_WAITING = 4_096;

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
  readonly #lanes = new Map<string, Lane<SmallItem>>();
  readonly #running = new Set<Promise<void>>();
  readonly #bell = new Bell();
  readonly #buffers = new BufferPool({
    bytes: MAX_BYTES + READ_SLACK_BYTES,
    count: BUFFERS,
  });
  #open = 0;
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
  }

  /**
   * Takes a content; what becomes of it is told later. Where many wait already,
   * it waits as well.
   *
   * @throws Whatever ended all: a full disk, the signal.
   */
  async add(wanted: WantedContent & { target: string }): Promise<void> {
    while (this.#waiting >= MAX_WAITING) {
      this.#throwIfEnded();
      await this.#bell.rung;
    }
    this.#throwIfEnded();
    this.#waiting++;
    const left = [...wanted.found.sources];
    const item: SmallItem = { ...wanted, left, reports: [] };
    if (wanted.found.metadata.size === 0) await this.#saveEmpty(item);
    else this.#assign(item);
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
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** Gives a content to the source with the least to do, or gives it up. */
  #assign(item: SmallItem): void {
    let best: { source: Source; lane: Lane<SmallItem> } | undefined;
    for (const source of item.left) {
      const lane = this.#lane(source);
      if (lane.fault || best && best.lane.load <= lane.load) continue;
      best = { source, lane };
    }
    if (!best) return this.#giveUp(item);
    item.left.splice(item.left.indexOf(best.source), 1);
    best.lane.push({ item, source: best.source });
    this.#bell.ring();
    this.#openLanes();
  }

  #lane(source: Source): Lane<SmallItem> {
    const key = endpointOf(source);
    const known = this.#lanes.get(key);
    if (known) return known;
    const { clock, limitDown, onSourceDropped, ...options } = this.#options;
    const lane = new Lane<SmallItem>({
      connection: {
        ...options,
        clock,
        limit: limitDown,
        signal: this.#signal,
      },
      clock,
      bell: this.#bell,
      isLast: () => this.#noMore,
      receive: (connection, task) => this.#receive(connection, task),
      onDropped: (error) => onSourceDropped?.(reportOf(source, error)),
      onLeft: (error, tasks) => {
        for (const task of tasks) this.#tryNext(task, error);
      },
    });
    this.#lanes.set(key, lane);
    return lane;
  }

  #openLanes(): void {
    const most = this.#options.maxSources ?? 4;
    for (const lane of this.#lanes.values()) {
      if (this.#open >= most || this.#signal.aborted) return;
      if (lane.isOpen || !lane.isWanted) continue;
      this.#open++;
      const running = lane.run()
        .catch((error) => this.#fail(error))
        .finally(() => {
          this.#open--;
          this.#running.delete(running);
          this.#openLanes();
        });
      this.#running.add(running);
    }
  }

  /** Reads one answer, at once where all of it has come. */
  #receive(
    connection: SourceConnection,
    task: Task<SmallItem>,
  ): Promise<void> | void {
    if (!this.#takeNow(connection, task)) return this.#wait(connection, task);
  }

  /** Takes an answer that has come, and saves it. Returns whether it was there. */
  #takeNow(connection: SourceConnection, task: Task<SmallItem>): boolean {
    const { hasher, files } = this.#options;
    const { metadata } = task.item.found;
    if (metadata.size > HASHED_NOW_BYTES) return false;
    const bytes = files.roomNow(metadata.size);
    if (!bytes || !connection.takeWhole(metadata, bytes)) return false;
    this.#save(task, hasher.hashNow(bytes, WHOLE)!);
    return true;
  }

  /** Waits for an answer. A refusal concerns this content alone. */
  async #wait(
    connection: SourceConnection,
    task: Task<SmallItem>,
  ): Promise<void> {
    const { files } = this.#options;
    const { metadata } = task.item.found;
    if (
      metadata.size <= HASHED_NOW_BYTES &&
      await connection.comesWhole(metadata.size)
    ) {
      await files.room();
      if (this.#takeNow(connection, task)) return;
    }
    try {
      checkMetadata(await connection.grant(), metadata);
    } catch (error) {
      const isRefusal = error instanceof SourceError && connection.isOpen &&
        error.fault !== "lied" && error.fault !== "busy";
      if (!isRefusal) throw error;
      return this.#tryNext(task, error);
    }
    const buffer = await this.#buffers.take({ signal: this.#signal });
    try {
      await connection.read(buffer, metadata.size);
    } catch (error) {
      this.#buffers.giveBack(buffer);
      throw error;
    }
    const saving = this.#hashAndSave(task, buffer)
      .catch((error) => this.#fail(error))
      .finally(() => this.#running.delete(saving));
    this.#running.add(saving);
  }

  async #hashAndSave(
    task: Task<SmallItem>,
    buffer: Uint8Array<ArrayBuffer>,
  ): Promise<void> {
    const { hasher, files } = this.#options;
    const { size } = task.item.found.metadata;
    let bytes = buffer.subarray(0, size);
    try {
      const { hashes, content } = await hasher.hash(bytes, WHOLE);
      bytes = content;
      let room;
      while (!(room = files.roomNow(size))) await files.room();
      room.set(bytes);
      this.#save(task, hashes);
    } finally {
      if (bytes.buffer.detached) this.#buffers.lose();
      else this.#buffers.giveBack(new Uint8Array(bytes.buffer));
    }
  }

  /** Saves what is in the room for the next file, if it is what was wanted. */
  #save(task: Task<SmallItem>, digest: Uint8Array): void {
    const { item, source } = task;
    const { files, onResult } = this.#options;
    const { metadata } = item.found;
    if (!digestsEqual(digest, metadata.digest)) {
      const error = new SourceError(
        "lied",
        "sent a piece that is not the content's",
      );
      this.#lane(source).drop(error);
      return this.#tryNext(task, error);
    }
    const from = [{
      peer: source.peer,
      endpoint: endpointOf(source),
      bytes: metadata.size,
    }];
    files.add(smallFile(item, { from, onResult }));
    this.#done();
  }

  async #saveEmpty(item: SmallItem): Promise<void> {
    const { files, onResult } = this.#options;
    if (digestsEqual(item.found.metadata.digest, digestOf(NOTHING))) {
      while (!files.roomNow(0)) await files.room();
      files.add(smallFile(item, { from: [], onResult }));
      return this.#done();
    }
    this.#refuse(
      item,
      new Error(
        `Cannot fetch ${
          quote(item.name)
        }: the index says that it is empty, but ` +
          "its digest is another one",
      ),
    );
  }

  #tryNext({ item, source }: Task<SmallItem>, error: SourceError): void {
    item.reports.push(reportOf(source, error));
    this.#assign(item);
  }

  #giveUp(item: SmallItem): void {
    // Those that were given up before they were asked for this.
    for (const source of item.left) {
      const { fault } = this.#lane(source);
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
    this.#bell.ring();
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
