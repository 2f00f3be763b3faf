/**
 * Requests to an index and their answers over UDP: packed into datagrams, as
 * many at once as gets through, repeated until they are answered or given up.
 *
 * @module
 */

import type { ErrorReply } from "../protocol/error_reply.ts";
import { DATAGRAM_BYTES } from "../protocol/pdu.ts";
import { PduBuffer } from "../protocol/pdu_buffer.ts";
import { Alarm } from "./alarm.ts";
import type { Answer } from "./answer_pages.ts";
import { IndexUnreachableError } from "./index_error.ts";
import type { IndexExchangeOptions } from "./index_exchange_options.ts";
import {
  type PendingRequest,
  PendingRequests,
  type RequestKind,
} from "./pending_requests.ts";
import { judgeRefusal, refusalError } from "./refusal_verdict.ts";
import {
  type DroppedReplies,
  type ReplyGroup,
  replyGroups,
} from "./reply_groups.ts";
import { RequestQueue } from "./request_queue.ts";
import { GIVE_UP_MS, retryDelay } from "./retry_schedule.ts";
import { SendLoop } from "./send_loop.ts";
import { SendWindow } from "./send_window.ts";

/** The requests of one client and their answers. */
export class IndexExchange {
  readonly #options: IndexExchangeOptions;
  readonly #pending: PendingRequests;
  readonly #window = new SendWindow();
  readonly #queue = new RequestQueue();
  readonly #sending: SendLoop;
  readonly #alarm: Alarm;
  readonly #dropped: DroppedReplies = { malformed: 0, unmatched: 0 };
  // One message more than fits is written before it is known not to fit.
  readonly #datagram = new PduBuffer(new Uint8Array(2 * DATAGRAM_BYTES));
  #token = 0n;
  /** Since when the index has been asked and has answered nothing at all. */
  #silentSince: number | undefined;
  #pausedUntil = -Infinity;
  #closed: unknown;

  constructor(options: IndexExchangeOptions) {
    this.#options = options;
    const start = Math.floor(options.random() * 2 ** 32);
    this.#pending = new PendingRequests(start, (request) => {
      this.#takeOffWay(request);
      this.#sending.start();
    });
    this.#alarm = new Alarm(options.clock, () => this.#tick());
    this.#sending = new SendLoop(() => this.#fill(), options.send);
  }

  /** What arrived and was thrown away so far. */
  get dropped(): Readonly<DroppedReplies> {
    return this.#dropped;
  }

  /**
   * Asks the index.
   *
   * @throws {IndexError} Where the index refuses.
   * @throws {IndexUnreachableError} Where nothing comes for 15 seconds.
   */
  async ask(kind: RequestKind, signal?: AbortSignal): Promise<Answer> {
    const [answer] = await this.askPages(kind, signal);
    return answer!;
  }

  /**
   * The same, where the answer may have several pages.
   *
   * @returns At least the first, and as many after it as have come.
   */
  askPages(
    kind: RequestKind,
    signal?: AbortSignal,
  ): Promise<readonly Answer[]> {
    if (this.#closed) return Promise.reject(this.#closed);
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#pending.size === 0) this.#silentSince = undefined;
    const { request, answer } = this.#pending.add(kind, signal);
    this.#queue.add(request);
    this.#sending.start();
    return answer;
  }

  /**
   * Takes a datagram from the index.
   *
   * @returns Whether it answers anything that was asked.
   */
  take(bytes: Uint8Array): boolean {
    let answers = false;
    for (const group of replyGroups(bytes, this.#dropped)) {
      answers = this.#answer(group) || answers;
    }
    if (answers) this.#sending.start();
    return answers;
  }

  /** Whether a datagram answers what was asked, if it came from the index. */
  expects(bytes: Uint8Array): boolean {
    return replyGroups(bytes, { malformed: 0, unmatched: 0 }).some(({ head }) =>
      this.#pending.find(head.transaction)?.onWay
    );
  }

  /** How many PDUs may be on their way at once. */
  get window(): number {
    return this.#window.pdus;
  }

  /** Ends every request with this error, and sends nothing any more. */
  async close(reason: unknown): Promise<void> {
    this.#closed ??= reason;
    this.#failAll(() => this.#closed);
    this.#alarm.clear();
    await this.#sending.stop();
  }

  #answer({ head, records }: ReplyGroup): boolean {
    const request = this.#pending.find(head.transaction);
    const isAsked = request !== undefined && request.sends > 0;
    // Even what came before shows that the index is there.
    if (isAsked) this.#silentSince = undefined;
    if (
      !isAsked ||
      (head.type === "A" && !request.pages.add({ ack: head, records }))
    ) {
      this.#dropped.unmatched += 1 + records.length;
      return false;
    }
    if (head.type === "A" && head.token !== 0n) this.#token = head.token;
    const { pages } = request;
    const hasPages = pages.hasFirst;
    if (head.type === "A" && !(pages.isOver && hasPages)) {
      this.#expectMore(request);
      return true;
    }
    const now = this.#options.clock.now();
    if (request.onWay) {
      // What is missing when the last page is there was lost most likely.
      if (!hasPages || pages.isWhole) this.#window.grow(request.kind.pdus);
      else this.#window.shrink(request.sentAt, now);
    }
    this.#takeOffWay(request);
    if (head.type === "E" && !hasPages) this.#refused(request, head);
    else this.#pending.settle(request);
    return true;
  }

  /** Waits for the next page of an answer as long as for a first one. */
  #expectMore(request: PendingRequest): void {
    if (!request.onWay) return;
    const { clock, random } = this.#options;
    request.dueAt = clock.now() + retryDelay(1, random());
    this.#alarm.setAt(request.dueAt);
  }

  #refused(request: PendingRequest, reply: ErrorReply): void {
    const now = this.#options.clock.now();
    const busyMs = now - (request.busySince ?? now);
    const verdict = judgeRefusal(reply, { ...request, busyMs }, this.#options);
    if (verdict.action === "fail") {
      const { index } = this.#options;
      const task = request.kind.task();
      const { maybeDone } = request;
      const error = refusalError(reply, { index, task, maybeDone });
      this.#pending.fail(request, error);
      return;
    }
    const unanswered = request.sends > ++request.refusals;
    request.waitedMs = 0;
    // An index remembers what it answered, but not past a restart.
    if (verdict.action === "renew" && unanswered) request.maybeDone = true;
    if (verdict.action === "renew") this.#renewToken(request, reply.token);
    else if (verdict.action === "prove") this.#proveMember(request);
    else this.#waitFor(request, { now, ms: verdict.ms, reply });
  }

  #renewToken(request: PendingRequest, token: bigint): void {
    request.tokenRefusals++;
    request.tries = 0;
    // A token that was replaced meanwhile says nothing about the new one.
    if (request.token === this.#token) {
      this.#token = token;
      this.#options.session.forget();
    }
    this.#queue.addAgain(request);
  }

  /** Asks again as a member, which the next hello shows. */
  #proveMember(request: PendingRequest): void {
    const { session } = this.#options;
    request.memberRefusals++;
    request.tries = 0;
    session.wantMember(request.kind);
    // A token that was replaced meanwhile may be that of a member by now.
    if (request.token === this.#token) session.forget();
    this.#queue.addAgain(request);
  }

  #waitFor(
    request: PendingRequest,
    { now, ms, reply }: { now: number; ms: number; reply: ErrorReply },
  ): void {
    this.#window.shrink(request.sentAt, now);
    request.busySince ??= now;
    request.dueAt = now + ms;
    // A store that is away concerns some requests, a busy index all.
    if (reply.error === "BUSY") this.#pause(request.dueAt);
    this.#alarm.setAt(request.dueAt);
  }

  /** Nothing is sent before `until`, and nobody is given up for that. */
  #pause(until: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, until);
    for (const request of this.#pending.all()) {
      if (!request.onWay) continue;
      request.dueAt = Math.max(request.dueAt, this.#pausedUntil);
    }
  }

  #takeOffWay(request: PendingRequest): void {
    if (!request.onWay) return;
    request.onWay = false;
    this.#window.give(request.kind.pdus);
  }

  /** Packs the next datagram, unless nothing may be sent now. */
  #fill(): Uint8Array | undefined {
    const now = this.#options.clock.now();
    if (now < this.#pausedUntil) return undefined;
    let end = 0;
    for (let request; (request = this.#nextRequest());) {
      const after = this.#encode(request, end);
      if (after > DATAGRAM_BYTES) break;
      this.#queue.shift();
      if (after === end) continue;
      this.#markSent(request, now);
      end = after;
    }
    return end === 0 ? undefined : this.#datagram.bytes.subarray(0, end);
  }

  /** Writes a request. Returns where it ends: at its start if it cannot be. */
  #encode(request: PendingRequest, at: number): number {
    try {
      const { kind, transaction } = request;
      const token = this.#token;
      return kind.encode(this.#datagram, at, { transaction, token });
    } catch (error) {
      this.#pending.fail(request, error);
      return at;
    }
  }

  /** The request to send next, if the window lets any through. */
  #nextRequest(): PendingRequest | undefined {
    for (;;) {
      const request = this.#queue.peek();
      if (!request) return undefined;
      if (!this.#options.session.admits(request.kind)) {
        this.#queue.shift();
        this.#hold(request);
        continue;
      }
      // Without a token everything would be refused: one asks for all.
      const mayGo = this.#token === 0n
        ? this.#window.isEmpty
        : this.#window.hasRoom(request.kind.pdus);
      return mayGo ? request : undefined;
    }
  }

  #hold(request: PendingRequest): void {
    this.#options.session.hold(request, {
      release: (held) => {
        for (const each of held) this.#queue.addAgain(each);
        this.#sending.start();
      },
      fail: (held, error) => {
        for (const each of held) this.#pending.fail(each, error);
        this.#sending.start();
      },
    });
  }

  #markSent(request: PendingRequest, now: number): void {
    request.tries++;
    request.sends++;
    request.sentAt = now;
    request.token = this.#token;
    request.onWay = true;
    this.#window.take(request.kind.pdus);
    this.#silentSince ??= now;
    request.dueAt = now + retryDelay(request.tries, this.#options.random());
    this.#alarm.setAt(Math.min(request.dueAt, this.#silentSince + GIVE_UP_MS));
  }

  #tick(): void {
    const now = this.#options.clock.now();
    const paused = now < this.#pausedUntil;
    const silentSince = this.#silentSince ?? now;
    if (!paused && now >= silentSince + GIVE_UP_MS) {
      this.#failAll((request) => this.#unreachable(request));
      return;
    }
    let next = paused ? this.#pausedUntil : silentSince + GIVE_UP_MS;
    for (const request of this.#pending.all()) {
      if (request.dueAt <= now) this.#repeat(request, now);
      else next = Math.min(next, request.dueAt);
    }
    if (this.#pending.size > 0) this.#alarm.setAt(next);
    this.#sending.start();
  }

  /** Takes it that a request, or the answer to it, was lost. */
  #repeat(request: PendingRequest, now: number): void {
    if (request.onWay) {
      this.#takeOffWay(request);
      this.#window.shrink(request.sentAt, now);
      request.waitedMs += now - request.sentAt;
    }
    if (request.pages.hasFirst) this.#pending.settle(request);
    else if (request.waitedMs < this.#options.patienceMs) {
      this.#queue.addAgain(request);
    } else this.#pending.fail(request, this.#unreachable(request));
  }

  #unreachable(request: PendingRequest): IndexUnreachableError {
    const { index, hints } = this.#options;
    const task = request.kind.task();
    return new IndexUnreachableError(index, { task, ...hints() });
  }

  #failAll(error: (request: PendingRequest) => unknown): void {
    for (const request of [...this.#pending.all()]) {
      this.#takeOffWay(request);
      this.#pending.fail(request, error(request));
    }
  }
}
