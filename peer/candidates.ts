/**
 * Every source of a content that was heard of: who is used, who is next, and
 * whose place is for another.
 *
 * @module
 */

import { Candidate } from "./candidate.ts";
import type { Crowd } from "./crowd.ts";
import type { FoundSources } from "./find_sources.ts";
import type { SourceError } from "./source_error.ts";

/** How candidates are kept. */
export interface CandidatesOptions {
  /** Sources at once, of those that have everything; three times as many others. */
  readonly maxSources: number;
  /** Is told of those who want the content as well. */
  readonly crowd: Crowd;
  /** From 0 up to but not including 1. */
  readonly random: () => number;
}

/**
 * How many partial sources are as good as one with everything: each has little
 * that is wanted, and only who knows what many have can tell what is rare.
 */
const PARTIAL_PER_SOURCE = 3;

/** Over how long those who are downloading themselves are connected to, in milliseconds. */
const SPREAD_MS = 300;

/** How many are remembered. */
const MAX_CANDIDATES = 1_000;

/** How long one that was given up is not tried again, wherever the index still names it, in milliseconds. */
const RETURN_MS = 30_000;

/** How long a source may show what it can while others wait for its place, in milliseconds. */
const TRIAL_MS = 10_000;

/** How much faster than it another must have been, to be tried again in its place. */
const FASTER = 2;

/** Keeps the sources of one content. */
export class Candidates implements Iterable<Candidate> {
  readonly #options: CandidatesOptions;
  readonly #all = new Map<string, Candidate>();
  readonly #active = new Set<Candidate>();

  /** How many may be used at once, whoever they are. */
  maxActive = Infinity;

  /** Knows nobody yet. */
  constructor(options: CandidatesOptions) {
    this.#options = options;
  }

  /** Every source that was heard of. */
  [Symbol.iterator](): Iterator<Candidate> {
    return this.#all.values();
  }

  /** The sources that are connected, or about to be. */
  get active(): ReadonlySet<Candidate> {
    return this.#active;
  }

  /** Those who can be connected to, the longest waiting first. */
  get inTurn(): Candidate[] {
    return [...this.#all.values()]
      .filter(({ state }) => state === "ready")
      .sort((a, b) => a.readyAt - b.readyAt);
  }

  /** Whether more would be used, if they were known. */
  get areTooFew(): boolean {
    return this.#hasRoom(false) && this.#hasRoom(true);
  }

  /**
   * Takes what the index has told.
   *
   * @param options.back Whether those who were given up for a while may be
   * tried again.
   * @returns How many are new.
   */
  add(
    { sources, metadata }: FoundSources,
    { now, back }: { now: number; back: boolean },
  ): number {
    let added = 0;
    for (const source of sources) {
      const key = Candidate.keyOf(source);
      const known = this.#all.get(key);
      if (known) {
        if (back && known.mayReturn && now - known.leftAt >= RETURN_MS) {
          known.returns++;
          this.#welcome(known, now);
        }
        continue;
      }
      if (this.#all.size >= MAX_CANDIDATES) continue;
      const { partial } = source.metadata ?? metadata;
      const candidate = new Candidate(source, { partial });
      this.#all.set(key, candidate);
      this.#welcome(candidate, now);
      added++;
    }
    return added;
  }

  /** Whether another connection to such a source is allowed. */
  hasRoomFor({ isPartial }: Candidate): boolean {
    return this.#hasRoom(isPartial);
  }

  /** Counts a candidate as used. */
  start(candidate: Candidate, now: number): void {
    candidate.state = "active";
    candidate.hasDelivered = false;
    candidate.wasKeptWaiting = false;
    candidate.usedAt = now;
    this.#active.add(candidate);
  }

  /** Counts a candidate as used no longer. */
  end(candidate: Candidate, now: number): void {
    candidate.rate = candidate.rateAt(now);
    if (candidate.state === "active") candidate.state = "ready";
    candidate.connection = undefined;
    this.#active.delete(candidate);
  }

  /** Gives a candidate up. */
  giveUp(
    candidate: Candidate,
    { error, now }: { error: SourceError; now: number },
  ): void {
    candidate.state = "dropped";
    candidate.fault = error;
    candidate.leftAt = now;
    if (candidate.isPartial) this.#options.crowd.remove(candidate.source.peer);
  }

  /**
   * Finds whose place is for another: the slowest, once it had time to show
   * what it can, where somebody waits who was never tried, or was much faster.
   * So a few slow ones cannot keep all others away.
   *
   * @returns When to look again; never, where nobody waits.
   */
  tooSlow(now: number): Candidate | number {
    let nextAt = Infinity;
    for (const partial of [false, true]) {
      if (this.#hasRoom(partial)) continue;
      const waiting = this.inTurn.filter(({ isPartial, readyAt }) =>
        isPartial === partial && readyAt <= now
      );
      if (waiting.length === 0) continue;
      const slowest = this.#slowest(now, partial);
      if (!slowest) continue;
      const rate = FASTER * slowest.rateAt(now)!;
      if (waiting.every((other) => (other.rate ?? Infinity) <= rate)) continue;
      const at = slowest.usedAt + TRIAL_MS;
      if (at <= now) return slowest;
      nextAt = Math.min(nextAt, at);
    }
    return nextAt;
  }

  /** The slowest of those in whose place another kind of source, or any, could be. */
  #slowest(now: number, partial: boolean): Candidate | undefined {
    const isAny = this.#active.size >= this.maxActive;
    let slowest: Candidate | undefined;
    for (const candidate of this.#active) {
      if (!candidate.connection) continue;
      if (!isAny && candidate.isPartial !== partial) continue;
      if (
        !slowest || candidate.rateAt(now)! < slowest.rateAt(now)!
      ) slowest = candidate;
    }
    return slowest;
  }

  #welcome(candidate: Candidate, now: number): void {
    candidate.state = "ready";
    candidate.timesBusy = 0;
    candidate.readyAt = now;
    if (!candidate.isPartial) return;
    // In a crowd everyone is told of the same newest ones: each must choose
    // others, or these few would have to serve all.
    candidate.readyAt += SPREAD_MS * this.#options.random();
    this.#options.crowd.add(candidate.source.peer);
  }

  #hasRoom(partial: boolean): boolean {
    if (this.#active.size >= this.maxActive) return false;
    const { maxSources } = this.#options;
    const most = partial ? PARTIAL_PER_SOURCE * maxSources : maxSources;
    let count = 0;
    for (const { isPartial } of this.#active) {
      if (isPartial === partial) count++;
    }
    return count < most;
  }
}
