/**
 * How long things took, in a fixed number of buckets: recording allocates
 * nothing, and what a quantile says is right to a tenth.
 *
 * @module
 */

/** Buckets per doubling. */
const STEPS = 4;

/** Doublings from one microsecond to over half a minute. */
const DOUBLINGS = 25;

/** The last bucket takes all that is longer. */
const BUCKETS = STEPS * DOUBLINGS + 2;

const MICROSECONDS_PER_MS = 1_000;

/** What a histogram says, in milliseconds. */
export interface DurationSummary {
  /** How many were measured or stood for. */
  readonly count: number;
  /** Their sum. */
  readonly totalMs: number;
  /** Half took no longer. */
  readonly p50Ms: number;
  /** Nine in ten took no longer. */
  readonly p90Ms: number;
  /** Ninety-nine in a hundred took no longer. */
  readonly p99Ms: number;
}

/**
 * Durations by their size.
 *
 * @example
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 * import { Histogram } from "./histogram.ts";
 *
 * const histogram = new Histogram();
 * for (let n = 0; n < 99; n++) histogram.record(1);
 * const before = histogram.copy();
 * histogram.record(100);
 * assertEquals(histogram.count, 100);
 * assert(Math.abs(histogram.quantile(0.5) - 1) < 0.1);
 * assertEquals(histogram.since(before).count, 1);
 * ```
 */
export class Histogram {
  readonly #counts = new Float64Array(BUCKETS);
  #count = 0;
  #totalMs = 0;

  /** How many durations it holds. */
  get count(): number {
    return this.#count;
  }

  /** Their sum, in milliseconds. */
  get totalMs(): number {
    return this.#totalMs;
  }

  /**
   * Records a duration.
   *
   * @param ms Milliseconds, from 0.
   * @param weight How many this one stands for.
   */
  record(ms: number, weight = 1): void {
    const steps = Math.ceil(Math.log2(ms * MICROSECONDS_PER_MS) * STEPS);
    const bucket = steps > 0 ? Math.min(steps, BUCKETS - 1) : 0;
    this.#counts[bucket]! += weight;
    this.#count += weight;
    this.#totalMs += ms * weight;
  }

  /** Adds all that another one holds. */
  add(other: Histogram): void {
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      this.#counts[bucket]! += other.#counts[bucket]!;
    }
    this.#count += other.#count;
    this.#totalMs += other.#totalMs;
  }

  /** How many took no longer than so many doublings of a microsecond. */
  countTo(doublings: number): number {
    let count = 0;
    for (let n = 0; n <= doublings * STEPS; n++) count += this.#counts[n]!;
    return count;
  }

  /** The duration that this part of all did not exceed, in milliseconds. */
  quantile(part: number): number {
    const wanted = this.#count * part;
    let count = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      count += this.#counts[bucket]!;
      if (count >= wanted && count > 0) return middleMs(bucket);
    }
    return 0;
  }

  /** What people read. */
  summary(): DurationSummary {
    return {
      count: this.#count,
      totalMs: rounded(this.#totalMs),
      p50Ms: rounded(this.quantile(0.5)),
      p90Ms: rounded(this.quantile(0.9)),
      p99Ms: rounded(this.quantile(0.99)),
    };
  }

  /** A copy that stays as it is. */
  copy(): Histogram {
    return this.since(new Histogram());
  }

  /** What was recorded after an earlier copy was made. */
  since(earlier: Histogram): Histogram {
    const later = new Histogram();
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      later.#counts[bucket] = this.#counts[bucket]! - earlier.#counts[bucket]!;
    }
    later.#count = this.#count - earlier.#count;
    later.#totalMs = this.#totalMs - earlier.#totalMs;
    return later;
  }
}

/** Doublings of a microsecond that {@linkcode Histogram.countTo} can be asked. */
export const MAX_DOUBLINGS: number = DOUBLINGS;

function middleMs(bucket: number): number {
  return 2 ** ((bucket - 0.5) / STEPS) / MICROSECONDS_PER_MS;
}

/** To a tenth of a microsecond: what the buckets know no better is not shown. */
function rounded(ms: number): number {
  return Math.round(ms * 1e4) / 1e4;
}
