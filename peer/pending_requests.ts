/**
 * The requests of an index client that wait: to be sent, or for an answer.
 *
 * @module
 */

import type { Transaction } from "../protocol/message.ts";
import type { PduBuffer } from "../protocol/pdu_buffer.ts";
import { type Answer, AnswerPages } from "./answer_pages.ts";

/** What a request is, apart from how it fares. */
export interface RequestKind {
  /** What is being done, for an error's text: `register "a.txt"`. */
  task(): string;
  /** PDUs that it puts on the way, there or back, whichever is more. */
  readonly pdus: number;
  /** How many pages its answer may have; one if left out. */
  readonly pages?: number;
  /**
   * Who has to ask: anybody, the owner, whom the index has to know, or a member,
   * where the index is for its members only.
   */
  readonly by: "anybody" | "owner" | "member";
  /** Writes the request. Returns where it ends. */
  encode(
    pdus: PduBuffer,
    at: number,
    fields: { transaction: Transaction; token: bigint },
  ): number;
}

/** A request and how it fares. */
export interface PendingRequest {
  readonly kind: RequestKind;
  readonly transaction: Transaction;
  /** What has come of its answer. */
  readonly pages: AnswerPages;
  readonly resolve: (answer: readonly Answer[]) => void;
  readonly reject: (error: unknown) => void;
  readonly signal: AbortSignal | undefined;
  /** Whether it is settled. */
  done: boolean;
  /** Whether it stands in a queue to be sent. */
  queued: boolean;
  /** Whether it was sent and may still be answered. */
  onWay: boolean;
  /** How long an answer was waited for in vain, in milliseconds. */
  waitedMs: number;
  /** How often it was sent since the index last answered it. */
  tries: number;
  /** How often it was sent at all. */
  sends: number;
  /** When it was last sent. */
  sentAt: number;
  /** When it is to be sent again; `Infinity` while it stands in a queue. */
  dueAt: number;
  /** The token that it carried when it was last sent. */
  token: bigint;
  /** How often it was refused for now, and so surely not done. */
  refusals: number;
  /** Whether an index that has forgotten it may have done it unseen. */
  maybeDone: boolean;
  /** How often its token was refused. */
  tokenRefusals: number;
  /** How often it was refused as one for members only. */
  memberRefusals: number;
  /** Since when the index asks to wait. */
  busySince: number | undefined;
}

/**
 * The requests that have a transaction number, each in here from the moment it
 * is asked until it is settled, whichever way that happens.
 */
export class PendingRequests {
  readonly #byTransaction = new Map<Transaction, PendingRequest>();
  readonly #bySignal = new Map<AbortSignal, Watch>();
  readonly #onAbort: (request: PendingRequest) => void;
  #next: Transaction;

  /**
   * @param start The first transaction number; not to be guessed.
   * @param onAbort Called with each request whose signal is aborted, after it
   * was settled.
   */
  constructor(start: number, onAbort: (request: PendingRequest) => void) {
    this.#next = start >>> 0;
    this.#onAbort = onAbort;
  }

  /** How many requests there are. */
  get size(): number {
    return this.#byTransaction.size;
  }

  /** The requests, oldest first. */
  all(): Iterable<PendingRequest> {
    return this.#byTransaction.values();
  }

  /** The request with this transaction number. */
  find(transaction: Transaction): PendingRequest | undefined {
    return this.#byTransaction.get(transaction);
  }

  /** Adds a request that is settled by `settle()` or `fail()`, or its signal. */
  add(
    kind: RequestKind,
    signal: AbortSignal | undefined,
  ): { request: PendingRequest; answer: Promise<readonly Answer[]> } {
    const { promise, resolve, reject } = Promise.withResolvers<
      readonly Answer[]
    >();
    while (this.#byTransaction.has(this.#next)) this.#advance();
    const request: PendingRequest = {
      kind,
      transaction: this.#next,
      pages: new AnswerPages(kind.pages ?? 1),
      resolve,
      reject,
      signal,
      done: false,
      queued: false,
      onWay: false,
      waitedMs: 0,
      tries: 0,
      sends: 0,
      sentAt: 0,
      dueAt: Infinity,
      token: 0n,
      refusals: 0,
      maybeDone: false,
      tokenRefusals: 0,
      memberRefusals: 0,
      busySince: undefined,
    };
    this.#advance();
    this.#byTransaction.set(request.transaction, request);
    if (signal) this.#watch(signal, request);
    return { request, answer: promise };
  }

  /** Settles a request with what has come of its answer. */
  settle(request: PendingRequest): void {
    if (this.#remove(request)) request.resolve(request.pages.inOrder);
  }

  /** Settles a request with an error. */
  fail(request: PendingRequest, error: unknown): void {
    if (this.#remove(request)) request.reject(error);
  }

  #advance(): void {
    this.#next = (this.#next + 1) >>> 0;
  }

  #remove(request: PendingRequest): boolean {
    if (request.done) return false;
    request.done = true;
    this.#byTransaction.delete(request.transaction);
    if (request.signal) this.#unwatch(request.signal, request);
    return true;
  }

  // One listener a signal: thousands of requests of one bulk share theirs.
  #watch(signal: AbortSignal, request: PendingRequest): void {
    const known = this.#bySignal.get(signal);
    if (known) {
      known.requests.add(request);
      return;
    }
    const watch: Watch = {
      requests: new Set([request]),
      listener: () => {
        for (const aborted of [...watch.requests]) {
          this.fail(aborted, signal.reason);
          this.#onAbort(aborted);
        }
      },
    };
    this.#bySignal.set(signal, watch);
    signal.addEventListener("abort", watch.listener, { once: true });
  }

  #unwatch(signal: AbortSignal, request: PendingRequest): void {
    const watch = this.#bySignal.get(signal);
    if (!watch?.requests.delete(request) || watch.requests.size > 0) return;
    this.#bySignal.delete(signal);
    signal.removeEventListener("abort", watch.listener);
  }
}

interface Watch {
  readonly requests: Set<PendingRequest>;
  readonly listener: () => void;
}
