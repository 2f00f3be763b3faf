/**
 * The sources of one content: who is connected to, who is given up, and when
 * the index is asked for more.
 *
 * @module
 */

import { digestsEqual } from "../protocol/digest.ts";
import { Bell } from "./bell.ts";
import { Candidate } from "./candidate.ts";
import { type Clock, SYSTEM_CLOCK } from "./clock.ts";
import { NoSourceError } from "./errors.ts";
import type { FoundSources } from "./find_sources.ts";
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

/**
 * How many partial sources are as good as one with everything: each has little
 * that is wanted, and only who knows what many have can tell what is rare.
 */
const PARTIAL_PER_SOURCE = 3;

/** Over how long those who are downloading themselves are connected to, in milliseconds. */
const SPREAD_MS = 300;

/** Keeps the sources of one content. */
export class Swarm {
  /** Rings when something changed that somebody may wait for. */
  readonly bell: Bell = new Bell();
  readonly #options: SwarmOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #startedAt: number;
  #signal: AbortSignal;
  readonly #candidates = new Map<string, Candidate>();
  readonly #active = new Set<Candidate>();
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
    this.#random = options.random;
    this.#startedAt = this.#clock.now();
    this.#searchAt = this.#startedAt + FIRST_PAUSE_MS;
    this.#add(options.found);
  }

  /** The signal of everything that is done with the sources. */
  get signal(): AbortSignal {
    return this.#signal;
  }

  /** Every source that was heard of. */
  get candidates(): Iterable<Candidate> {
    return this.#candidates.values();
  }

  /** The sources that are connected, or about to be. */
  get active(): ReadonlySet<Candidate> {
    return this.#active;
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
    return this.#inTurn().some(({ readyAt }) => readyAt <= now);
  }

  /** Gives a source up for good. */
  drop(candidate: Candidate, error: SourceError): void {
    candidate.connection?.fail(error);
    if (candidate.state !== "active") this.#giveUp(candidate, error);
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
    let nextAt = Infinity;
    for (const candidate of this.#inTurn()) {
      if (candidate.readyAt > now) {
        nextAt = candidate.readyAt;
        break;
      }
      if (this.#active.size >= (work.maxConnections ?? Infinity)) break;
      if (this.#hasRoomFor(candidate)) this.#start(candidate, work);
    }
    if (this.#active.size === 0 && nextAt === Infinity) {
      return await this.#lastSearch();
    }
    const { maxSources } = this.#options;
    if (
      this.#countActive(false) < maxSources &&
      this.#countActive(true) < PARTIAL_PER_SOURCE * maxSources
    ) {
      if (now >= this.#searchAt) this.#track(this.#searchMore());
      else if (!this.#searching) nextAt = Math.min(nextAt, this.#searchAt);
    }
    await this.pause(nextAt - now);
  }

  /** Whether another connection to such a source is allowed. */
  #hasRoomFor({ isPartial }: Candidate): boolean {
    const { maxSources } = this.#options;
    const most = isPartial ? PARTIAL_PER_SOURCE * maxSources : maxSources;
    return this.#countActive(isPartial) < most;
  }

  #countActive(partial: boolean): number {
    let count = 0;
    for (const { isPartial } of this.#active) {
      if (isPartial === partial) count++;
    }
    return count;
  }

  /** Those who can be connected to, the longest waiting first. */
  #inTurn(): Candidate[] {
    return [...this.#candidates.values()]
      .filter(({ state }) => state === "ready")
      .sort((a, b) => a.readyAt - b.readyAt);
  }

  #start(candidate: Candidate, work: SwarmWork): void {
    candidate.state = "active";
    candidate.hasDelivered = false;
    candidate.wasKeptWaiting = false;
    this.#active.add(candidate);
    this.#track(this.#use(candidate, work));
  }

  async #use(candidate: Candidate, work: SwarmWork): Promise<void> {
    const { signal } = this;
    try {
      using connection = await SourceConnection.open(candidate.source, {
        ...this.#options.connection,
        clock: this.#clock,
        signal,
      });
      candidate.connection = connection;
      this.bell.ring();
      await work.use(candidate, connection);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof SourceError)) this.fail(error);
      else if (candidate.willRetry(error, this.#clock.now())) {
        candidate.fault = error;
        candidate.state = "ready";
      } else this.#giveUp(candidate, error);
    } finally {
      if (candidate.state === "active") candidate.state = "ready";
      candidate.connection = undefined;
      this.#active.delete(candidate);
      work.leave(candidate);
      this.bell.ring();
    }
  }

  #giveUp(candidate: Candidate, error: SourceError): void {
    candidate.state = "dropped";
    candidate.fault = error;
    if (candidate.isPartial) this.#options.crowd.remove(candidate.source.peer);
    this.#options.onDropped?.(reportOf(candidate.source, error));
  }

  #add({ sources, metadata }: FoundSources): number {
    let added = 0;
    for (const source of sources) {
      const key = Candidate.keyOf(source);
      if (this.#candidates.has(key)) continue;
      const { partial } = source.metadata ?? metadata;
      const candidate = new Candidate(source, { partial });
      // In a crowd everyone is told of the same newest ones: each must choose
      // others, or these few would have to serve all.
      if (partial) {
        candidate.readyAt = this.#startedAt + SPREAD_MS * this.#random();
      }
      if (partial) this.#options.crowd.add(source.peer);
      this.#candidates.set(key, candidate);
      added++;
    }
    return added;
  }

  /** Asks the index for more sources, in the background. */
  async #searchMore(): Promise<void> {
    if (this.#searching) return;
    const added = await this.#search();
    this.#searchPauseMs = added > 0
      ? SEARCH_PAUSE_MS
      : Math.min(MAX_SEARCH_PAUSE_MS, 2 * this.#searchPauseMs);
    this.#searchAt = this.#clock.now() + this.#searchPauseMs;
    this.bell.ring();
  }

  /** Nobody is left: asks the index once more, and gives up where that is in vain. */
  async #lastSearch(): Promise<void> {
    if (this.#searching) return await this.pause(Infinity);
    if (await this.#search() > 0) return;
    this.#signal.throwIfAborted();
    const sources = [...this.#candidates.values()].flatMap((candidate) =>
      candidate.fault ? [reportOf(candidate.source, candidate.fault)] : []
    );
    throw new NoSourceError(this.#options.name, {
      sources,
      cause: this.#searchError,
    });
  }

  async #search(): Promise<number> {
    this.#searching = true;
    this.#searchError = undefined;
    try {
      const { found, find } = this.#options;
      const { digest } = found.metadata;
      const more = await find(this.#signal, digest);
      return digestsEqual(more.metadata.digest, digest) ? this.#add(more) : 0;
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
