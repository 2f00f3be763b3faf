/**
 * Contenders that take turns, and the table of what came out.
 *
 * @module
 */

/** One way to do it. */
export interface Contender {
  readonly name: string;
  /** Does it once; the seconds that it took. */
  readonly run: () => Promise<number>;
}

/** What one contender reached. */
export interface Outcome {
  readonly name: string;
  /** In order, the fastest first. */
  readonly seconds: readonly number[];
  readonly median: number;
}

/**
 * Runs every contender so many times, in turn, after a first round that does
 * not count.
 */
export async function race(
  contenders: readonly Contender[],
  rounds: number,
): Promise<Map<string, Outcome>> {
  const seconds = new Map(
    contenders.map(({ name }) => [name, [] as number[]]),
  );
  for (let round = 0; round <= rounds; round++) {
    for (const { name, run } of contenders) {
      const took = await run();
      if (round > 0) seconds.get(name)!.push(took);
    }
  }
  const outcomes = new Map<string, Outcome>();
  for (const [name, all] of seconds) {
    all.sort((a, b) => a - b);
    outcomes.set(name, { name, seconds: all, median: all[all.length >> 1]! });
  }
  return outcomes;
}

/** Prints outcomes, fastest and slowest run in brackets. */
export function printOutcomes(
  outcomes: Iterable<Outcome>,
  { bytes }: { bytes: number },
): void {
  for (const { name, seconds, median } of outcomes) {
    const range = `${seconds[0]!.toFixed(2)}..${seconds.at(-1)!.toFixed(2)}`;
    const rate = (bytes / 2 ** 20 / median).toFixed(0);
    console.log(
      `  ${name.padEnd(44)} ${median.toFixed(2).padStart(6)} s ` +
        `(${range})  ${rate.padStart(5)} MiB/s`,
    );
  }
}

/** Prints a figure beside its target. */
export function printFigure(
  what: string,
  { value, least, most, unit = "x" }: {
    value: number | undefined;
    least?: number;
    most?: number;
    unit?: string;
  },
): void {
  const target = least !== undefined
    ? `at least ${least} ${unit}`
    : `at most ${most} ${unit}`;
  if (value === undefined) {
    console.log(`  ${what.padEnd(56)}       not measured  (${target})`);
    return;
  }
  const reached = least !== undefined ? value >= least : value <= most!;
  console.log(
    `  ${what.padEnd(56)} ${value.toFixed(2).padStart(6)} ${unit}  ` +
      `(${target}: ${reached ? "reached" : "missed"})`,
  );
}
