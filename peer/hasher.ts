/**
 * Hashing on other threads.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { type TreeHash, treeHash } from "../protocol/tree_hash.ts";
import { type Clock, SYSTEM_CLOCK } from "./clock.ts";
import { type HashReply, startHashWorker } from "./hash_worker.ts";

/**
 * As much as is hashed without another thread, in bytes: two messages cost about
 * 0.1 ms, in which as much is hashed twice over.
 */
export const HASHED_NOW_BYTES = 65_536;

/** How content is hashed. */
export interface HashOptions {
  /** Bytes of a part as a power of two, 14 to 24. */
  readonly exponent: number;
  /**
   * Whether this is the whole content, and no longer than one part: its tree is
   * only as high as its own leaves need.
   */
  readonly alone: boolean;
  /** Ends the wait, not the work: the bytes do not come back then. */
  readonly signal?: AbortSignal | undefined;
}

/** Content that was hashed. */
export interface Hashed {
  /** 32 bytes for each part. */
  readonly hashes: Uint8Array;
  /** The same bytes, in the same memory, which had moved to another thread. */
  readonly content: Uint8Array<ArrayBuffer>;
}

/** How a {@linkcode Hasher} works. */
export interface HasherOptions {
  /**
   * The most threads; one fewer than there are processors if left out, at least
   * 1 and at most 4.
   */
  readonly threads?: number | undefined;
  /**
   * As much as is hashed without a thread in a quarter of a second, in bytes, as
   * long as none was started; 0 if left out. A slow or a short transfer is done
   * before a thread has started, which takes the work of 100 MiB.
   */
  readonly hereBytes?: number | undefined;
  /** Tells how long hashing without a thread took. */
  readonly clock?: Clock | undefined;
  /** Starts a thread; a test may start one that dies. */
  readonly start?: (() => Worker) | undefined;
}

/**
 * A small pool of threads that hash. They start when they are first needed.
 */
export class Hasher implements AsyncDisposable {
  readonly #threads: number;
  readonly #start: () => Worker;
  readonly #pool = new Set<HashThread>();
  readonly #here: TreeHash = treeHash(createHash);
  readonly #hereBytes: number;
  readonly #clock: Clock;
  #spent = { since: -Infinity, bytes: 0 };
  #disposed = false;

  /**
   * Makes a pool without any threads yet.
   *
   * @throws {RangeError} Where it may have less than one.
   */
  constructor(
    { threads, hereBytes = 0, clock = SYSTEM_CLOCK, start }: HasherOptions = {},
  ) {
    this.#threads = threads ??
      Math.max(1, Math.min(4, navigator.hardwareConcurrency - 1));
    if (!Number.isInteger(this.#threads) || this.#threads < 1) {
      throw new RangeError(
        `Cannot hash on ${threads} threads: expected at least 1`,
      );
    }
    this.#start = start ?? startHashWorker;
    this.#hereBytes = hereBytes;
    this.#clock = clock;
  }

  /**
   * Hashes up to 64 KiB on the spot.
   *
   * @returns 32 bytes for each part; `undefined` where the content is longer.
   */
  hashNow(
    content: Uint8Array,
    options: Pick<HashOptions, "exponent" | "alone">,
  ): Uint8Array | undefined {
    if (content.length > HASHED_NOW_BYTES) return undefined;
    return this.#here.hashParts(content, options);
  }

  /**
   * Hashes consecutive parts of a content.
   *
   * The memory of `content` moves to another thread and back, so nothing may
   * use any of it before the promise is kept, which gives it back. Up to 64 KiB
   * are hashed at once and without that.
   *
   * @param content Starts where a part starts. Only at the end of the whole
   * content may its last part be shorter.
   * @throws {RangeError} Where the exponent is out of range, or there is more
   * than one part and it is said to be alone.
   * @throws {Error} Where the hasher was disposed of, or the thread died.
   */
  async hash(
    content: Uint8Array<ArrayBuffer>,
    options: HashOptions,
  ): Promise<Hashed> {
    if (this.#disposed) throw disposed();
    options.signal?.throwIfAborted();
    if (
      content.length <= HASHED_NOW_BYTES || this.#mayHashHere(content.length)
    ) {
      return { hashes: this.#here.hashParts(content, options), content };
    }
    return await this.#idlest().hash(content, options);
  }

  /** Ends the threads. What was being hashed is rejected. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    for (const thread of this.#pool) thread.end(disposed());
    return Promise.resolve();
  }

  #mayHashHere(bytes: number): boolean {
    if (this.#hereBytes === 0 || this.#pool.size > 0) return false;
    const now = this.#clock.now();
    const spent = this.#spent;
    if (now - spent.since >= HERE_MS) {
      spent.since = now;
      spent.bytes = 0;
    }
    spent.bytes += bytes;
    return spent.bytes <= this.#hereBytes;
  }

  /** A thread with nothing to do, else a new one, else the one with the least. */
  #idlest(): HashThread {
    let idlest: HashThread | undefined;
    for (const thread of this.#pool) {
      if (!idlest || thread.waiting < idlest.waiting) idlest = thread;
    }
    if (idlest?.waiting === 0) return idlest;
    if (idlest && this.#pool.size >= this.#threads) return idlest;
    const thread: HashThread = new HashThread(this.#start(), {
      onEnd: () => this.#pool.delete(thread),
    });
    this.#pool.add(thread);
    return thread;
  }
}

/** How long {@linkcode HasherOptions.hereBytes} are enough for, in milliseconds. */
const HERE_MS = 250;

/** One thread, and those who wait for it. */
class HashThread {
  readonly #worker: Worker;
  readonly #onEnd: () => void;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 0;

  constructor(worker: Worker, { onEnd }: { onEnd: () => void }) {
    this.#worker = worker;
    this.#onEnd = onEnd;
    worker.onmessage = (event) => this.#settle(event.data);
    worker.onerror = (event) => {
      // Unhandled, it would end the whole process.
      event.preventDefault();
      this.end(died(event.message));
    };
    worker.onmessageerror = () =>
      this.end(died("it sent what nobody can read"));
  }

  /** How many jobs it has not done yet. */
  get waiting(): number {
    return this.#waiting.size;
  }

  hash(
    content: Uint8Array<ArrayBuffer>,
    { exponent, alone, signal }: HashOptions,
  ): Promise<Hashed> {
    const id = this.#nextId++;
    this.#worker.postMessage({ id, content, exponent, alone }, [
      content.buffer,
    ]);
    const { promise, resolve, reject } = Promise.withResolvers<Hashed>();
    const abort = () => reject(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    const release = () => signal?.removeEventListener("abort", abort);
    this.#waiting.set(id, { resolve, reject, release });
    return promise;
  }

  /** Ends the thread, and tells all who wait for it why. */
  end(reason: Error): void {
    this.#onEnd();
    this.#worker.terminate();
    for (const { reject, release } of this.#waiting.values()) {
      release();
      reject(reason);
    }
    this.#waiting.clear();
  }

  #settle({ id, content, result }: HashReply): void {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    waiting.release();
    if (result instanceof Error) waiting.reject(result);
    else waiting.resolve({ hashes: result, content });
  }
}

interface Waiting {
  readonly resolve: (hashed: Hashed) => void;
  readonly reject: (reason: unknown) => void;
  /** Stops listening to the signal. */
  readonly release: () => void;
}

function disposed(): Error {
  return new Error("Cannot hash: the hasher was disposed of");
}

function died(message: string): Error {
  return new Error(
    `Cannot hash: the thread that hashes died (${message}); try again`,
  );
}
