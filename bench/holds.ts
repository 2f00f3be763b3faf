/**
 * How long something holds the loop, beside what the machine does to any program
 * that runs for as long.
 *
 * @module
 */

import process from "node:process";
import { median } from "./load_tool.ts";

/** Pieces of work after which an empty loop is made as long as they are. */
const FITTING = 100;

/** Turns of an empty loop by which its speed is found out. */
const TURNS = 200_000;

/** The head of a table of {@linkcode Holds}: `half`, `99%`, `99.9%`, longest. */
export const HOLDS_HEAD: string = ["took, ms", "processor", "an empty loop"]
  .map((what) => what.padEnd(31)).join("  ").trimEnd();

/**
 * Times work. After each piece runs an empty loop that is as long as most of
 * them: it makes no garbage, so what it takes longer at times is not ours.
 */
export class Holds {
  readonly #took: number[] = [];
  readonly #worked: number[] = [];
  readonly #empty: number[] = [];
  #turns = 0;

  /** Does a piece of work. */
  time<T>(work: () => T): T {
    const before = process.cpuUsage();
    const start = performance.now();
    const result = work();
    this.#took.push(performance.now() - start);
    // That of all threads, so also what others of them collect meanwhile.
    const { user, system } = process.cpuUsage(before);
    this.#worked.push((user + system) / 1_000);
    if (this.#took.length % FITTING === 1) {
      this.#turns = TURNS * median(this.#took) / SPIN_MS;
    }
    this.#empty.push(spin(this.#turns));
    return result;
  }

  /** A row of the table. */
  toString(): string {
    return [this.#took, this.#worked, this.#empty].map((times) => {
      const sorted = times.toSorted((a, b) => a - b);
      const last = sorted.length - 1;
      const at = (part: number) =>
        sorted[Math.min(last, Math.floor(sorted.length * part))]!;
      return [0.5, 0.99, 0.999, 1].map((part) =>
        at(part).toFixed(2).padStart(7)
      ).join(" ");
    }).join("  ");
  }
}

/** Runs an empty loop, and says how many milliseconds it took. */
function spin(turns: number): number {
  const start = performance.now();
  let sum = 0;
  for (let n = 0; n < turns; n++) sum = Math.imul(sum ^ n, 0x9e3779b1);
  SINK[0] = sum;
  return performance.now() - start;
}

/** What nobody reads would not be worked out. */
const SINK = new Int32Array(1);

/** What so many turns take: the best of some tries, once it is compiled. */
const SPIN_MS = Math.min(...Array.from({ length: 50 }, () => spin(TURNS)));
