/**
 * What is asked of one source of small contents: many requests ahead, answers
 * in order.
 *
 * @module
 */

import type { Bell } from "./bell.ts";
import { type Clock, delay } from "./clock.ts";
import type { Source } from "./source.ts";
import {
  SourceConnection,
  type SourceConnectionOptions,
} from "./source_connection.ts";
import { SourceError } from "./source_error.ts";
import type { FoundSources } from "./find_sources.ts";

/** What a source is asked for. */
export interface Asked {
  readonly found: FoundSources;
  /** The source, and what it calls the content. */
  readonly source: Source | undefined;
}

/** What a lane works with. */
export interface LaneOptions<Item> {
  readonly source: Source;
  readonly connection: SourceConnectionOptions;
  readonly clock: Clock;
  /** Rings when there may be more to ask, or nothing more will come. */
  readonly bell: Bell;
  /** Whether nothing more will come. */
  readonly isLast: () => boolean;
  /** Reads the answer to the oldest request, at once where it has come. */
  readonly receive: (
    connection: SourceConnection,
    item: Item,
  ) => Promise<void> | void;
  /** Is told that the source is given up. */
  readonly onDropped: (error: SourceError) => void;
  /** Is told what a source that was given up was still to deliver. */
  readonly onLeft: (error: SourceError, items: readonly Item[]) => void;
}

/** Requests that are made ahead on one connection. */
const MAX_AHEAD = 256;

/** Requests that are left when more are made: many go out in one write. */
const MIN_AHEAD = 128;

/** The same in bytes. */
const MAX_AHEAD_BYTES = 4 * 2 ** 20;

/** Times that a source may be busy without answering anything. */
const MAX_TIMES_BUSY = 5;

/** The least that a busy source is left alone, in milliseconds. */
const MIN_BUSY_MS = 500;

/** The contents that one source is to be asked for. */
export class Lane<Item extends Asked> {
  readonly #options: LaneOptions<Item>;
  readonly #queue: Item[] = [];
  #asked: Item[] = [];
  #connection: SourceConnection | undefined;
  #isOpen = false;
  #fault: SourceError | undefined;
  #answers = 0;
  #timesBusy = 0;

  /** Asks nothing before it is run. */
  constructor(options: LaneOptions<Item>) {
    this.#options = options;
  }

  /** Whether there is something to ask. */
  get isWanted(): boolean {
    return this.#queue.length > 0;
  }

  /** How many contents it has to deliver. */
  get load(): number {
    return this.#queue.length + this.#asked.length;
  }

  /** Whether it is being run. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Why the source is not asked any more. */
  get fault(): SourceError | undefined {
    return this.#fault;
  }

  /** Adds something to ask. */
  push(item: Item): void {
    this.#queue.push(item);
  }

  /** Gives the source up. */
  drop(error: SourceError): void {
    if (this.#fault) return;
    this.#fault = error;
    this.#connection?.fail(error);
    this.#options.onDropped(error);
    if (!this.#isOpen) this.#options.onLeft(error, this.#queue.splice(0));
  }

  /**
   * Connects, and asks until there is nothing left.
   *
   * @throws Whatever is not the source's fault.
   */
  async run(): Promise<void> {
    const { source, connection: options } = this.#options;
    this.#isOpen = true;
    this.#answers = 0;
    try {
      using connection = await SourceConnection.open(source, options);
      this.#connection = connection;
      // Given up while it was connected to, or before.
      if (this.#fault) throw this.#fault;
      await this.#exchange(connection);
    } catch (error) {
      if (options.signal.aborted) return;
      if (!(error instanceof SourceError)) throw error;
      // First what was asked, then what waited.
      this.#queue.unshift(...this.#asked);
      this.#asked = [];
      await this.#settle(error);
    } finally {
      this.#connection = undefined;
      this.#isOpen = false;
    }
  }

  async #exchange(connection: SourceConnection): Promise<void> {
    const asked = this.#asked;
    const { bell, isLast, receive, connection: { signal } } = this.#options;
    let askedBytes = 0;
    for (;;) {
      if (connection.fault) throw connection.fault;
      if (asked.length <= MIN_AHEAD) {
        while (
          this.#queue.length > 0 && asked.length < MAX_AHEAD &&
          askedBytes < MAX_AHEAD_BYTES
        ) {
          const item = this.#queue.shift()!;
          const { size, digest } = item.found.metadata;
          const { name } = item.source!;
          asked.push(item);
          askedBytes += size;
          connection.request({ name, length: size, digest });
        }
      }
      const item = asked[0];
      if (!item) {
        if (isLast() || signal.aborted) return;
        await bell.rung;
        continue;
      }
      const receiving = receive(connection, item);
      if (receiving) await receiving;
      this.#answers++;
      asked.shift();
      askedBytes -= item.found.metadata.size;
    }
  }

  /** Leaves a source to be tried again that only broke off, and gives up any other. */
  async #settle(error: SourceError): Promise<void> {
    if (this.#answers > 0) this.#timesBusy = 0;
    // While it was left alone, it may have been given up for what came before.
    if (await this.#mayRetry(error) && !this.#fault) return;
    this.drop(error);
    this.#options.onLeft(this.#fault ?? error, this.#queue.splice(0));
  }

  async #mayRetry({ fault, retryAfterMs }: SourceError): Promise<boolean> {
    const { clock, connection: { signal } } = this.#options;
    switch (fault) {
      case "busy": {
        if (++this.#timesBusy > MAX_TIMES_BUSY) return false;
        const ms = Math.max(MIN_BUSY_MS, retryAfterMs);
        await delay(ms, { clock, signal }).catch(() => {});
        return true;
      }
      case "closed":
      case "stalled":
        return this.#answers > 0;
      default:
        return false;
    }
  }
}
