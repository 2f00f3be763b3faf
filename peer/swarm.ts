/**
 * The sources of one content: who is connected to, who is given up, and when
 * the index is asked for more.
 *
 * @module
 */

import { digestsEqual } from "../protocol/digest.ts";
import { Bell } from "./bell.ts";
import type { Candidate } from "./candidate.ts";
import { Candidates } from "./candidates.ts";
import { type Clock, SYSTEM_CLOCK } from "./clock.ts";
import { NoSourceError } from "./errors.ts";
import { SourceConnection } from "./source_connection.ts";
import { reportOf, SourceError } from "./source_error.ts";
import type { SwarmOptions, SwarmWork } from "./swarm_options.ts";

export type { SwarmOptions, SwarmWork } from "./swarm_options.ts";

/** The first pause, after which a crowd that began together knows of itself, in milliseconds. */
const FIRST_PAUSE_MS = 100;

/** The next pause before the index is asked again, in milliseconds; it doubles. */
const SEARCH_PAUSE_MS = 500;

/** The longest pause before the index is asked again, in milliseconds. */
const MAX_SEARCH_PAUSE_MS = 30_000;

/** How long a source rests that made room for another, in milliseconds. */
const REST_MS = 10_000;

/** Keeps the sources of one content. */
export class Swarm {
  /** Rings when something changed that somebody may wait for. */
  readonly bell: Bell = new Bell();
  readonly #options: SwarmOptions;
  readonly #clock: Clock;
  #signal: AbortSignal;
  readonly #candidates: Candidates;
  readonly #running = new Set<Promise<void>>();
  #searching = false;
  #searchAt: number;
  #searchPauseMs = SEARCH_PAUSE_MS;
  #searchError: unknown;
  #failure: { readonly error: unknown } | undefined;

  /** Starts with these sources; nothing is done before `run()`. */
  constructor(options: SwarmOptions) {
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#signal = options.signal ?? new AbortController().signal;
    this.#candidates = new Candidates(options);
    const now = this.#clock.now();
    this.#searchAt = now + FIRST_PAUSE_MS;
    this.#candidates.add(options.found, { now, back: false });
  }

  /** The signal of everything that is done with the sources. */
  get signal(): AbortSignal {
    return this.#signal;
  }

  /** Every source that was heard of. */
  get candidates(): Iterable<Candidate> {
    return this.#candidates;
  }

  /** The sources that are connected, or about to be. */
  get active(): ReadonlySet<Candidate> {
    return this.#candidates.active;
  }

  /**
   * Uses the sources until the work is done.
   *
   * @throws {NoSourceError} Where no source is left that could do it.
   * @throws Whatever {@linkcode Swarm.fail} or the signal ended it with.
   */
  async run(work: SwarmWork): Promise<void> {
    const stop = new AbortController();
    const outer = this.#signal;
    this.#signal = AbortSignal.any([outer, stop.signal]);
    try {
      while (!work.isDone()) {
        this.#throwIfFailed();
        outer.throwIfAborted();
        await this.#step(work);
      }
      this.#throwIfFailed();
    } finally {
      stop.abort(new Error("The transfer has ended"));
      await Promise.all(this.#running);
      this.#signal = outer;
    }
  }

  /** Ends everything with an error that no other source can mend. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.bell.ring();
  }

  /** Whether another source waits for a place. */
  get isWaitedFor(): boolean {
    const now = this.#clock.now();
    return this.#candidates.inTurn.some(({ readyAt }) => readyAt <= now);
  }

  /** Gives a source up for good. */
  drop(candidate: Candidate, error: SourceError): void {
    candidate.verdict ??= error;
    candidate.connection?.fail(error);
    if (candidate.state === "ready") this.#giveUp(candidate, error);
  }

  /** Takes a source's place for others; it may come back later. */
  makeRoom(candidate: Candidate): void {
    candidate.makesRoom = true;
    candidate.connection?.fail(new SourceError("closed", "made room"));
  }

  /** Waits until the bell rings, or for so long. */
  async pause(ms: number): Promise<void> {
    if (ms <= 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = ms === Infinity ? () => {} : this.#clock.after(ms, resolve);
    const onAbort = () => resolve();
    const { signal } = this;
    if (signal.aborted) return;
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      await Promise.race([promise, this.bell.rung]);
    } finally {
      cancel();
      signal.removeEventListener("abort", onAbort);
    }
  }

  async #step(work: SwarmWork): Promise<void> {
    const now = this.#clock.now();
    const candidates = this.#candidates;
    candidates.maxActive = work.maxConnections ?? Infinity;
    let nextAt = Infinity;
    for (const candidate of candidates.inTurn) {
      if (candidate.readyAt > now) {
        nextAt = candidate.readyAt;
        break;
      }
      if (candidates.hasRoomFor(candidate)) this.#start(candidate, work);
    }
    if (this.active.size === 0 && nextAt === Infinity) {
      // What has come may be all that is needed.
      return await (work.settle?.() ?? this.#lastSearch());
    }
    const slow = candidates.tooSlow(now);
    if (typeof slow === "number") nextAt = Math.min(nextAt, slow);
    else this.makeRoom(slow);
    if (candidates.areTooFew) {
      if (now >= this.#searchAt) this.#track(this.#searchMore());
      else if (!this.#searching) nextAt = Math.min(nextAt, this.#searchAt);
    }
    await this.pause(nextAt - now);
  }

  #start(candidate: Candidate, work: SwarmWork): void {
    this.#candidates.start(candidate, this.#clock.now());
    this.#track(this.#use(candidate, work));
  }

  async #use(candidate: Candidate, work: SwarmWork): Promise<void> {
    const { signal } = this;
    let fault: unknown;
    try {
      using connection = await SourceConnection.open(candidate.source, {
        ...this.#options.connection,
        clock: this.#clock,
        signal,
      });
      candidate.connection = connection;
      this.bell.ring();
      if (!candidate.verdict) await work.use(candidate, connection);
    } catch (error) {
      fault = error;
    }
    this.#candidates.end(candidate, this.#clock.now());
    if (!signal.aborted) this.#judge(candidate, candidate.verdict ?? fault);
    work.leave(candidate);
    this.bell.ring();
  }

  /** Decides what becomes of a candidate that was used. */
  #judge(candidate: Candidate, fault: unknown): void {
    const { makesRoom } = candidate;
    candidate.makesRoom = false;
    if (fault === undefined) return;
    const now = this.#clock.now();
    if (!(fault instanceof SourceError)) this.fail(fault);
    else if (candidate.verdict) this.#giveUp(candidate, fault);
    else if (makesRoom) candidate.readyAt = now + REST_MS;
    else if (candidate.willRetry(fault, now)) candidate.fault = fault;
    else this.#giveUp(candidate, fault);
  }

  #giveUp(candidate: Candidate, error: SourceError): void {
    this.#candidates.giveUp(candidate, { error, now: this.#clock.now() });
    this.#options.onDropped?.(reportOf(candidate.source, error));
  }

  /** Asks the index for more sources, in the background. */
  async #searchMore(): Promise<void> {
    if (this.#searching) return;
    const added = await this.#search({ back: true });
    this.#searchPauseMs = added > 0
      ? SEARCH_PAUSE_MS
      : Math.min(MAX_SEARCH_PAUSE_MS, 2 * this.#searchPauseMs);
    this.#searchAt = this.#clock.now() + this.#searchPauseMs;
    this.bell.ring();
  }

  /** Nobody is left: asks the index once more, and gives up where that is in vain. */
  async #lastSearch(): Promise<void> {
    if (this.#searching) return await this.pause(Infinity);
    if (await this.#search({ back: false }) > 0) return;
    this.#signal.throwIfAborted();
    const sources = [...this.#candidates].flatMap((candidate) =>
      candidate.fault ? [reportOf(candidate.source, candidate.fault)] : []
    );
    throw new NoSourceError(this.#options.name, {
      sources,
      cause: this.#searchError,
    });
  }

  async #search({ back }: { back: boolean }): Promise<number> {
    this.#searching = true;
    this.#searchError = undefined;
    try {
      const { found, find } = this.#options;
      const { digest } = found.metadata;
      const more = await find(this.#signal, digest);
      if (!digestsEqual(more.metadata.digest, digest)) return 0;
      return this.#candidates.add(more, { now: this.#clock.now(), back });
    } catch (error) {
      this.#searchError = error;
      return 0;
    } finally {
      this.#searching = false;
    }
  }

  #track(work: Promise<void>): void {
    this.#running.add(work);
    work.finally(() => this.#running.delete(work));
  }

  #throwIfFailed(): void {
    if (this.#failure) throw this.#failure.error;
  }
}
