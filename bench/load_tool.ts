/**
 * The load of the index benches: `index_load.c`, compiled where it is wanted, and
 * what is made of its results.
 *
 * @module
 */

/** Measurements of each kind, of which the median counts. */
export const ROUNDS = 5;

/** Datagrams that are on their way at the same time, if not said. */
export const WINDOW = 64;

/** What the load tool is to do: see the head of `index_load.c`. */
export interface Load {
  readonly mode:
    | "echo"
    | "search"
    | "found"
    | "register"
    | "renew"
    | "announce";
  readonly window?: number;
  readonly seconds?: number;
  readonly first?: number;
  readonly count?: number;
  readonly askers?: number;
}

/** What the load tool says; times are microseconds. */
export interface LoadResult {
  readonly datagrams: number;
  readonly messages: number;
  readonly seconds: number;
  readonly errors: number;
  readonly lost: number;
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
}

/** The compiled tool. It needs Linux and `cc`. */
export class LoadTool {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /** Compiles it into a folder. */
  static async compile(folder: string): Promise<LoadTool> {
    const path = `${folder}/index_load`;
    const source = new URL("index_load.c", import.meta.url).pathname;
    const { success } = await new Deno.Command("cc", {
      args: ["-O2", "-o", path, source],
      stderr: "inherit",
    }).output();
    if (!success) throw new Error("Cannot compile index_load.c");
    return new LoadTool(path);
  }

  /**
   * Drives whoever listens on a port of this machine.
   *
   * @throws {Error} Where nobody answers, or requests are refused.
   */
  async run(port: number, load: Load): Promise<LoadResult> {
    const { mode, window = WINDOW, seconds = 1, askers = 1 } = load;
    const { first = 0, count = 1 } = load;
    const args = [port, mode, window, seconds, first, count, askers];
    const { stdout, stderr, success } = await new Deno.Command(this.#path, {
      args: args.map(String),
    }).output();
    if (!success) {
      const said = new TextDecoder().decode(stderr).trim();
      throw new Error(`The load tool failed: ${args.join(" ")}: ${said}`);
    }
    const result: LoadResult = JSON.parse(new TextDecoder().decode(stdout));
    if (result.errors > 0) throw new Error(`${result.errors} were refused`);
    return result;
  }
}

/** Messages that were answered in a second. */
export function rateOf({ messages, seconds }: LoadResult): number {
  return messages / seconds;
}

/** Measures something once. */
export type Measure = (round: number) => Promise<LoadResult>;

/**
 * Measures rivals by turns, so that whatever else the machine does meets all of
 * them. The first round warms up and is not counted. Who is `undefined` has no
 * results.
 */
export async function inTurns<Name extends string>(
  rivals: Readonly<Record<Name, Measure | undefined>>,
): Promise<Record<Name, LoadResult[]>> {
  const names = Object.keys(rivals) as Name[];
  const results = Object.fromEntries(
    names.map((name): [string, LoadResult[]] => [name, []]),
  ) as Record<Name, LoadResult[]>;
  for (let round = 0; round <= ROUNDS; round++) {
    for (const name of names) {
      const result = await rivals[name]?.(round);
      if (result && round > 0) results[name].push(result);
    }
  }
  return results;
}

/** The one in the middle. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

/** The median with the least and the most. */
export function spread(values: readonly number[], digits = 2): string {
  const shown = (value: number) => value.toFixed(digits);
  return `${shown(median(values))} (${shown(Math.min(...values))}..` +
    `${shown(Math.max(...values))})`;
}

/** A number as people read it. */
export function figure(value: number): string {
  return Math.round(value).toLocaleString("en");
}

/** What was measured beside what it is to be. */
export function target(
  values: readonly number[],
  { atLeast, atMost, digits = 2 }: {
    readonly atLeast?: number;
    readonly atMost?: number;
    readonly digits?: number;
  },
): string {
  const value = median(values);
  const reached = value >= (atLeast ?? -Infinity) &&
    value <= (atMost ?? Infinity);
  const wanted = atLeast === undefined
    ? `at most ${atMost}`
    : `at least ${atLeast}`;
  return `${spread(values, digits)}, ${wanted}: ${reached ? "yes" : "NO"}`;
}
