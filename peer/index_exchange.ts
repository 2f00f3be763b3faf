/**
 * Requests to an index and their answers over UDP: packed into datagrams, as
 * many at once as gets through, repeated until they are answered or given up.
 *
 * @module
 */

import { isDatagramLength, messagesOf } from "../protocol/datagram.ts";
import type { ErrorReply } from "../protocol/error_reply.ts";
import { DATAGRAM_BYTES, ProtocolError } from "../protocol/pdu.ts";
import { PduBuffer } from "../protocol/pdu_buffer.ts";
import { decodeReply, type Reply } from "../protocol/reply.ts";
import type { Clock } from "./clock.ts";
import { IndexUnreachableError, refusal } from "./index_error.ts";
import {
  type PendingRequest,
  PendingRequests,
  type RequestKind,
} from "./pending_requests.ts";
import { GIVE_UP_MS, retryDelay } from "./retry_schedule.ts";
import { SendWindow } from "./send_window.ts";

/** How often an index may refuse the tokens that it gave itself. */
const MAX_TOKEN_REFUSALS = 8;

/** What an exchange needs of its surroundings. */
export interface IndexExchangeOptions {
  /** The index's address, for errors. */
  readonly index: string;
  /** Sends a datagram; the bytes are not touched until it is done. */
  readonly send: (datagram: Uint8Array) => Promise<void>;
  /** What else is known when nobody answers. */
  readonly hints: () => { hint?: string; cause?: unknown };
  /** Opens the session that owned requests need, or has it open. */
  readonly session: SessionGate;
  readonly clock: Clock;
  /** From 0 up to but not including 1. */
  readonly random: () => number;
  /** How long a request is repeated while the index asks to wait, in milliseconds. */
  readonly patienceMs: number;
}

/** Whether requests that need an owner may be sent. */
export interface SessionGate {
  /** Whether the index knows who the owner is. */
  isOpen(): boolean;
  /** Makes it known. */
  open(): Promise<void>;
  /** Takes note that the index may have forgotten. */
  forget(): void;
}

/** What arrived and was thrown away. */
export interface DroppedReplies {
  /** Datagrams or messages that could not be read. */
  malformed: number;
  /** Messages that answer nothing that is waited for. */
  unmatched: number;
}

/** The requests of one client and their answers. */
export class IndexExchange {
  readonly #options: IndexExchangeOptions;
  readonly #pending: PendingRequests;
  readonly #window = new SendWindow();
  readonly #fresh: PendingRequest[] = [];
  #freshStart = 0;
  readonly #again: PendingRequest[] = [];
  readonly #held = new Set<PendingRequest>();
  readonly #dropped: DroppedReplies = { malformed: 0, unmatched: 0 };
  // One message more than fits is written before it is known not to fit.
  readonly #datagram = new PduBuffer(new Uint8Array(2 * DATAGRAM_BYTES));
  #token = 0n;
  #pdusOnWay = 0;
  #heardAt = -Infinity;
  #pausedUntil = -Infinity;
  #pumping = false;
  #pump: Promise<void> | undefined;
  #openingSession = false;
  #timer: { cancel: () => void; at: number } | undefined;
  #closed: unknown;

  constructor(options: IndexExchangeOptions) {
    this.#options = options;
    const start = Math.floor(options.random() * 2 ** 32);
    this.#pending = new PendingRequests(start, (request) => {
      this.#takeOffWay(request);
      this.#flush();
    });
  }

  /** What arrived and was thrown away so far. */
  get dropped(): Readonly<DroppedReplies> {
    return this.#dropped;
  }

  /**
   * Asks the index.
   *
   * @returns The answer: an `A` and what follows it.
   * @throws {IndexError} Where the index refuses.
   * @throws {IndexUnreachableError} Where nothing comes for 15 seconds.
   */
  ask(
    kind: RequestKind,
    signal?: AbortSignal,
  ): Promise<{ replies: readonly Reply[]; sends: number }> {
    if (this.#closed) return Promise.reject(this.#closed);
    if (signal?.aborted) return Promise.reject(signal.reason);
    const { request, answer } = this.#pending.add(kind, signal);
    this.#fresh.push(request);
    this.#flush();
    return answer.then((replies) => ({ replies, sends: request.sends }));
  }

  /**
   * Takes a datagram from the index.
   *
   * @returns Whether it answers anything that was asked.
   */
  take(bytes: Uint8Array): boolean {
    if (!isDatagramLength(bytes.length)) {
      this.#dropped.malformed++;
      return false;
    }
    const pdus = new PduBuffer(bytes);
    let answers = false;
    let group: Reply[] = [];
    for (const span of messagesOf(pdus, bytes.length)) {
      const reply = this.#decode(pdus, span);
      if (!reply) continue;
      if (group.length > 0 && group[0]!.transaction !== reply.transaction) {
        answers = this.#answer(group) || answers;
        group = [];
      }
      group.push(reply);
    }
    if (group.length > 0) answers = this.#answer(group) || answers;
    if (answers) this.#flush();
    return answers;
  }

  /** Ends every request with this error, and sends nothing any more. */
  async close(reason: unknown): Promise<void> {
    this.#closed ??= reason;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#failAll(() => this.#closed);
    await this.#pump;
  }

  #decode(
    pdus: PduBuffer,
    span: { start: number; end: number },
  ): Reply | undefined {
    try {
      const reply = decodeReply(pdus, span);
      if (!reply) this.#dropped.malformed++;
      return reply;
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#dropped.malformed++;
      return undefined;
    }
  }

  #answer(group: Reply[]): boolean {
    const [head] = group;
    const request = this.#pending.find(head!.transaction);
    if (!request || request.sends === 0) {
      this.#dropped.unmatched += group.length;
      return false;
    }
    if (head!.type !== "A" && head!.type !== "E") {
      this.#dropped.unmatched += group.length;
      return false;
    }
    this.#heardAt = this.#options.clock.now();
    if (request.onWay) this.#window.grow(request.kind.pdus);
    if (head!.type === "E") {
      this.#refused(request, head!);
      return true;
    }
    if (head!.token !== 0n) this.#token = head!.token;
    this.#takeOffWay(request);
    this.#pending.settle(request, group);
    return true;
  }

  #refused(request: PendingRequest, reply: ErrorReply): void {
    this.#takeOffWay(request);
    const now = this.#options.clock.now();
    if (reply.error === "TOKEN" && this.#renewToken(request, reply)) {
      request.triedSince = now;
      request.tries = 0;
      this.#queueAgain(request);
      return;
    }
    if (reply.error === "BUSY" || reply.error === "UNAVAILABLE") {
      if (this.#waitFor(request, reply)) return;
    }
    const { index } = this.#options;
    this.#pending.fail(
      request,
      refusal(reply, {
        index,
        task: request.kind.task(),
        sends: request.sends,
      }),
    );
  }

  #renewToken(request: PendingRequest, reply: ErrorReply): boolean {
    if (reply.token === 0n || ++request.tokenRefusals > MAX_TOKEN_REFUSALS) {
      return false;
    }
    // A token that was replaced meanwhile says nothing about the new one.
    if (request.token === this.#token) {
      this.#token = reply.token;
      this.#options.session.forget();
    }
    return true;
  }

  #waitFor(request: PendingRequest, reply: ErrorReply): boolean {
    const { clock, random, patienceMs } = this.#options;
    const now = clock.now();
    request.busySince ??= now;
    request.tries++;
    const asked = reply.retryAfter * 1_000 * (1 + random() / 4);
    const wait = Math.max(asked, retryDelay(request.tries, random()));
    if (now + wait - request.busySince > patienceMs) return false;
    this.#window.shrink(request.sentAt, now);
    request.dueAt = now + wait;
    request.triedSince = request.dueAt;
    if (reply.error === "BUSY") this.#pause(request.dueAt);
    this.#arm(request.dueAt);
    return true;
  }

  /** Nothing is sent before `until`, and nobody is given up for that. */
  #pause(until: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, until);
    for (const request of this.#pending.all()) {
      if (request.triedSince === undefined) continue;
      request.triedSince = Math.max(request.triedSince, this.#pausedUntil);
      request.dueAt = Math.max(request.dueAt, this.#pausedUntil);
    }
  }

  #takeOffWay(request: PendingRequest): void {
    if (!request.onWay) return;
    request.onWay = false;
    this.#pdusOnWay -= request.kind.pdus;
  }

  #flush(): void {
    if (this.#pumping || this.#closed) return;
    this.#pumping = true;
    this.#pump = this.#sendAll();
  }

  async #sendAll(): Promise<void> {
    try {
      // What is asked in the same turn shares datagrams.
      await Promise.resolve();
      while (!this.#closed) {
        const bytes = this.#fill();
        if (bytes === 0) return;
        await this.#options.send(this.#datagram.bytes.subarray(0, bytes));
      }
    } finally {
      this.#pumping = false;
    }
  }

  /** Packs the next datagram. Returns its length, 0 where nothing may be sent. */
  #fill(): number {
    const now = this.#options.clock.now();
    if (now < this.#pausedUntil) {
      this.#arm(this.#pausedUntil);
      return 0;
    }
    let end = 0;
    for (;;) {
      const request = this.#nextRequest();
      if (!request) return end;
      const after = this.#encode(request, end);
      if (after === undefined) continue;
      if (after > DATAGRAM_BYTES) return end;
      this.#shift(request);
      this.#markSent(request, now);
      end = after;
      // Without a token everything would be refused: one is enough to ask.
      if (this.#token === 0n) return end;
    }
  }

  #encode(request: PendingRequest, at: number): number | undefined {
    try {
      const { kind, transaction } = request;
      const token = this.#token;
      return kind.encode(this.#datagram, at, { transaction, token });
    } catch (error) {
      this.#shift(request);
      this.#pending.fail(request, error);
      return undefined;
    }
  }

  /** The request to send next, if the window lets any through. */
  #nextRequest(): PendingRequest | undefined {
    for (;;) {
      const request = this.#again[0] ?? this.#fresh[this.#freshStart];
      if (!request) return undefined;
      if (request.done) {
        this.#shift(request);
        continue;
      }
      if (request.kind.owned && !this.#options.session.isOpen()) {
        this.#shift(request);
        this.#hold(request);
        continue;
      }
      const onWay = this.#pdusOnWay;
      const room = this.#token === 0n ? 1 : this.#window.pdus;
      return onWay === 0 || onWay + request.kind.pdus <= room
        ? request
        : undefined;
    }
  }

  #queueAgain(request: PendingRequest): void {
    request.dueAt = Infinity; // Until it is sent.
    if (request.queued) return;
    request.queued = true;
    this.#again.push(request);
  }

  #shift(request: PendingRequest): void {
    request.queued = false;
    if (this.#again[0] === request) {
      this.#again.shift();
      return;
    }
    if (++this.#freshStart < 1_024 && this.#freshStart < this.#fresh.length) {
      return;
    }
    this.#fresh.splice(0, this.#freshStart);
    this.#freshStart = 0;
  }

  #hold(request: PendingRequest): void {
    this.#held.add(request);
    request.triedSince = undefined; // Its time begins when it is sent.
    request.tries = 0;
    if (this.#openingSession) return;
    this.#openingSession = true;
    this.#options.session.open().then(
      () => {
        for (const held of this.#held) this.#queueAgain(held);
      },
      (error) => {
        for (const held of this.#held) this.#pending.fail(held, error);
      },
    ).finally(() => {
      this.#openingSession = false;
      this.#held.clear();
      this.#flush();
    });
  }

  #markSent(request: PendingRequest, now: number): void {
    request.triedSince ??= now;
    request.tries++;
    request.sends++;
    request.sentAt = now;
    request.token = this.#token;
    request.onWay = true;
    this.#pdusOnWay += request.kind.pdus;
    request.dueAt = now + retryDelay(request.tries, this.#options.random());
    this.#arm(request.dueAt);
  }

  #arm(at: number): void {
    if (this.#closed || (this.#timer && this.#timer.at <= at)) return;
    const { clock } = this.#options;
    this.#timer?.cancel();
    const ms = Math.max(0, Math.ceil(at - clock.now()));
    this.#timer = { cancel: clock.after(ms, () => this.#tick()), at };
  }

  #tick(): void {
    this.#timer = undefined;
    const now = this.#options.clock.now();
    let next = this.#pausedUntil > now ? this.#pausedUntil : Infinity;
    for (const request of this.#pending.all()) {
      if (request.triedSince === undefined) continue;
      if (now >= request.triedSince + GIVE_UP_MS) {
        if (this.#giveUp(request)) return;
        continue;
      }
      if (request.dueAt <= now) this.#repeat(request, now);
      else next = Math.min(next, request.dueAt);
      next = Math.min(next, request.triedSince + GIVE_UP_MS);
    }
    if (next < Infinity) this.#arm(next);
    this.#flush();
  }

  #repeat(request: PendingRequest, now: number): void {
    if (request.onWay) this.#window.shrink(request.sentAt, now);
    this.#takeOffWay(request);
    this.#queueAgain(request);
  }

  /** Returns whether all was given up, because nothing at all is heard. */
  #giveUp(request: PendingRequest): boolean {
    const { index, hints } = this.#options;
    const error = (given: PendingRequest) =>
      new IndexUnreachableError(index, { task: given.kind.task(), ...hints() });
    if (this.#heardAt < request.triedSince!) {
      this.#failAll(error);
      return true;
    }
    this.#takeOffWay(request);
    this.#pending.fail(request, error(request));
    return false;
  }

  #failAll(error: (request: PendingRequest) => unknown): void {
    for (const request of [...this.#pending.all()]) {
      this.#takeOffWay(request);
      this.#pending.fail(request, error(request));
    }
  }
}
