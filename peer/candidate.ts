/**
 * A source as a transfer sees it.
 *
 * @module
 */

import type { Run } from "./block_map.ts";
import type { Source } from "./source.ts";
import type { SourceConnection } from "./source_connection.ts";
import { endpointOf, type SourceError } from "./source_error.ts";

/** What a transfer does with a source. */
export type CandidateState =
  /** It can be connected to, from `readyAt` on. */
  | "ready"
  /** It is connected, or about to be. */
  | "active"
  /** It is not asked again. */
  | "dropped";

/** The most that a source is asked for ahead, in bytes. */
const MAX_AHEAD_BYTES = 32 * 2 ** 20;

/** The same before it is known how fast it is, in bytes. */
const FIRST_AHEAD_BYTES = 2 ** 19;

/** How long one request should last, in milliseconds. */
const REQUEST_MS = 250;

/** How long a source is watched for its rate, in milliseconds: once or twice this. */
const RATE_MS = 500;

/** The pause before a source that broke off is connected to again, in milliseconds. */
const RECONNECT_MS = 500;

/** Times that a source may be busy without delivering anything. */
const MAX_TIMES_BUSY = 5;

/** Times that a source may return after it was given up, without delivering anything. */
const MAX_RETURNS = 3;

/** The least and the most that a busy source is left alone, in milliseconds. */
const MIN_BUSY_MS = 500;
const MAX_BUSY_MS = 60_000;

/** A source, what it is asked for and how fast it is. */
export class Candidate {
  /** The source. */
  readonly source: Source;
  /** What we do with it. */
  state: CandidateState = "ready";
  /** When it may be connected to, by the transfer's clock. */
  readyAt = 0;
  /** Times that it was busy, since it last delivered. */
  timesBusy = 0;
  /** Whether anything came since it was connected to. */
  hasDelivered = false;
  /** Whether we kept it waiting so long that it may well have closed. */
  wasKeptWaiting = false;
  /** Since when it is used, or was the last time, by the transfer's clock. */
  usedAt = 0;
  /** When it was given up. */
  leftAt = 0;
  /** Whether it leaves only to make room for another. */
  makesRoom = false;
  /** Why it must not be used again, where that is decided. */
  verdict: SourceError | undefined;
  /** How fast it was the last time that it was used, in bytes per millisecond. */
  rate: number | undefined;
  /** Bytes of verified pieces that came from it. */
  bytes = 0;
  /** How it failed last. */
  fault: SourceError | undefined;
  /** Whether it has only some of the pieces. */
  isPartial: boolean;
  /** Which pieces it has, where it has only some and has told. */
  have: Uint8Array | undefined;
  /** When it told, by the transfer's clock. */
  toldAt = -Infinity;
  /** How many runs come before it tells again, where it was asked to. */
  runsBeforeTold: number | undefined;
  /** Since when it has nothing that is missing here. */
  uselessSince: number | undefined;
  /** How often it returned after it was given up, since it last delivered. */
  returns = 0;
  /** The connection to it, while there is one. */
  connection: SourceConnection | undefined;
  /** What it is asked for and has not delivered, oldest first. */
  readonly asked: Run[] = [];
  #askedBytes = 0;
  #delivered = 0;
  /** What it delivered lately, in how long. */
  #lately = { bytes: 0, ms: 0 };
  #deliveredAt = 0;

  /**
   * Takes a source.
   *
   * @param partial Whether it has only some of the pieces, as far as is known.
   */
  constructor(source: Source, { partial }: { partial: boolean }) {
    this.source = source;
    this.isPartial = partial;
  }

  /** What two records of one source have in common. */
  static keyOf(source: Source): string {
    return `${endpointOf(source)} ${source.name}`;
  }

  /** Whether it may be tried again later, though it was given up. */
  get mayReturn(): boolean {
    return this.state === "dropped" && this.fault?.fault !== "lied" &&
      this.returns < MAX_RETURNS;
  }

  /** How fast it is so far, in bytes per millisecond, where it is connected. */
  rateAt(now: number): number | undefined {
    if (!this.connection) return this.rate;
    return this.connection.receivedBytes / Math.max(1, now - this.usedAt);
  }

  /** Decides whether it is tried again after it failed, and when. */
  willRetry({ fault, retryAfterMs }: SourceError, now: number): boolean {
    switch (fault) {
      case "busy": {
        const wait = Math.max(MIN_BUSY_MS, retryAfterMs);
        this.readyAt = now + Math.min(MAX_BUSY_MS, wait);
        return ++this.timesBusy <= MAX_TIMES_BUSY;
      }
      case "closed":
      case "stalled":
        this.readyAt = now + RECONNECT_MS;
        // Every attempt brings us further, so their number has an end.
        return this.hasDelivered || this.wasKeptWaiting;
      default:
        return false;
    }
  }

  /**
   * Bytes that it may be asked for before something of it comes.
   *
   * @param aheadMs How long what it is asked for should last.
   */
  aheadBytes(aheadMs: number): number {
    if (this.#delivered === 0) return FIRST_AHEAD_BYTES - this.#askedBytes;
    const wanted = this.#bytesPerMs * aheadMs;
    // The first that comes may come at once, and the rest not at all: what is
    // asked for must not grow faster than what is delivered.
    const most = FIRST_AHEAD_BYTES + this.#delivered;
    return Math.min(MAX_AHEAD_BYTES, wanted, most) - this.#askedBytes;
  }

  /** The most to ask for in one request, in bytes. */
  get requestBytes(): number {
    return this.#bytesPerMs * REQUEST_MS;
  }

  /** Notes that it is asked for a run. */
  ask(run: Run, now: number): void {
    if (this.asked.length === 0) this.#deliveredAt = now;
    this.asked.push(run);
    this.#askedBytes += run.length;
  }

  /** Notes that the oldest run has come. */
  deliver(now: number): Run {
    const run = this.asked.shift()!;
    this.#askedBytes -= run.length;
    // Bytes and time are added up, not their quotients: what lay ready in the
    // buffers on the way comes at once, and says nothing about the source.
    const lately = this.#lately;
    if (lately.ms > 2 * RATE_MS) {
      lately.bytes /= 2;
      lately.ms /= 2;
    }
    lately.bytes += run.length;
    this.#delivered += run.length;
    lately.ms += now - this.#deliveredAt;
    this.#deliveredAt = now;
    this.hasDelivered = true;
    this.timesBusy = 0;
    this.returns = 0;
    if (this.runsBeforeTold) this.runsBeforeTold--;
    return run;
  }

  get #bytesPerMs(): number {
    return this.#lately.bytes / Math.max(0.01, this.#lately.ms);
  }

  /** Forgets what it is asked for, and gives it back. */
  forgetAsked(): Run[] {
    this.#askedBytes = 0;
    this.runsBeforeTold = undefined;
    return this.asked.splice(0);
  }

  /**
   * When it will have delivered a run, in milliseconds from now; never, as far
   * as is known, where it has not delivered anything yet.
   *
   * @param index The run's place in what it is asked for.
   */
  expectedMs(index: number, now: number): number {
    if (this.#bytesPerMs === 0) return Infinity;
    let bytes = 0;
    for (let i = 0; i <= index; i++) bytes += this.asked[i]!.length;
    const idle = this.idleMs(now);
    const needed = bytes / this.#bytesPerMs;
    // What is overdue may never come.
    return idle > needed ? idle : needed;
  }

  /** How long nothing that it is asked for has come, in milliseconds. */
  idleMs(now: number): number {
    return this.asked.length === 0 ? 0 : now - this.#deliveredAt;
  }

  /** How long it would take to deliver so many bytes, in milliseconds. */
  timeFor(bytes: number): number {
    return this.#bytesPerMs === 0 ? 0 : bytes / this.#bytesPerMs;
  }
}
