/**
 * Measures ways to do the same, side by side.
 *
 * @module
 */

/** What is measured. */
export interface Comparison {
  /** Printed above the table. */
  readonly title: string;
  /** Bytes that one call of any way works on. */
  readonly bytes: number;
  /** By name: the first is what the others are compared with. */
  readonly ways: Record<string, () => void>;
  /** How often each is measured; 31 if left out. */
  readonly rounds?: number;
}

/** At least so long is one way called before the clock is read again. */
const ROUND_MS = 4;

/**
 * Prints the median rate of each way. They take turns, so that whatever else
 * the machine does meets all of them.
 */
export function compare(
  { title, bytes, ways, rounds = 31 }: Comparison,
): void {
  const runs = Object.entries(ways).map(([name, work]) => {
    for (let i = 0; i < 100; i++) work();
    const calls = Math.ceil(ROUND_MS / time(work, 10));
    return { name, work, calls, times: [] as number[] };
  });
  for (let round = 0; round < rounds; round++) {
    for (const { work, calls, times } of runs) times.push(time(work, calls));
  }
  console.log(`\n${title}, ${bytes.toLocaleString("en")} bytes, median`);
  const rates = runs.map(({ times }) => {
    const median = times.sort((a, b) => a - b)[times.length >> 1]!;
    return bytes / median / 1e6;
  });
  const width = Math.max(...runs.map(({ name }) => name.length));
  for (const [i, { name }] of runs.entries()) {
    const rate = rates[i]!.toFixed(2).padStart(7);
    const ratio = (rates[i]! / rates[0]!).toFixed(2).padStart(6);
    console.log(`  ${name.padEnd(width)} ${rate} GB/s ${ratio} x`);
  }
}

/** Milliseconds that one call takes. */
function time(work: () => void, calls: number): number {
  const start = performance.now();
  for (let i = 0; i < calls; i++) work();
  return Math.max(1e-6, (performance.now() - start) / calls);
}
