/**
 * How fast a number grows.
 *
 * @module
 */

/** What a rate is measured over, in milliseconds. */
const SPAN_MS = 3_000;

/** Samples are no closer than this, in milliseconds. */
const STEP_MS = 250;

/** Measures a rate over the last seconds. */
export class RateMeter {
  readonly #samples: { at: number; bytes: number }[] = [];

  /**
   * Takes a sample.
   *
   * @param at When, in milliseconds.
   * @param bytes How many there are by now.
   * @returns Bytes a second; 0 as long as that is not known.
   */
  rate(at: number, bytes: number): number {
    const samples = this.#samples;
    const last = samples.at(-1);
    if (!last || at - last.at >= STEP_MS) samples.push({ at, bytes });
    while (samples.length > 2 && at - samples[0]!.at > SPAN_MS) samples.shift();
    const first = samples[0]!;
    if (at <= first.at) return 0;
    return Math.round((bytes - first.bytes) / (at - first.at) * 1_000);
  }
}
