/**
 * One file from four sources, each limited.
 *
 * @module
 */

import { join } from "@std/path";
import type { BenchOptions } from "../transfer.ts";
import {
  type Actor,
  fetchArgs,
  runActor,
  startSource,
  writeRandom,
} from "./actors.ts";
import { printFigure, printOutcomes, race } from "./table.ts";

const LIMIT = 25_000_000;
const SOURCES = 4;
const CLIENT_LIMITED = "four without a limit, the client limited to 100 MB/s";

/** Measures four limited sources beside one, and beside the three that outlive one. */
export async function manySources(
  { dir, mib, rounds }: BenchOptions,
): Promise<void> {
  const bytes = Math.ceil(mib / 4) * 2 ** 20;
  const file = join(dir, "many.bin");
  await writeRandom(file, bytes);
  const folder = join(dir, "many");
  await Deno.mkdir(folder);
  const out = join(folder, "many.bin");
  const fetchFrom = async (
    count: number,
    { kill = false, limitUp = LIMIT, limitDown = 0 } = {},
  ) => {
    await using stack = new AsyncDisposableStack();
    const sources: Actor[] = [];
    for (let i = 0; i < count; i++) {
      sources.push(
        stack.use(await startSource(file, "many.bin", { limitUp })),
      );
    }
    // Half of the time that four would take.
    const halfMs = bytes / (SOURCES * LIMIT) * 500;
    const timer = kill
      ? setTimeout(() => sources[0]!.process.kill(), halfMs)
      : undefined;
    const { seconds } = await runActor(
      fetchArgs(folder, "many.bin", sources, { limitDown }),
    );
    clearTimeout(timer);
    await Deno.remove(out);
    return seconds;
  };
  const outcomes = await race([
    { name: "one source", run: () => fetchFrom(1) },
    { name: "three sources", run: () => fetchFrom(3) },
    { name: "four sources", run: () => fetchFrom(4) },
    {
      name: "four, one killed half way",
      run: () => fetchFrom(4, { kill: true }),
    },
    {
      name: CLIENT_LIMITED,
      run: () => fetchFrom(4, { limitUp: 0, limitDown: SOURCES * LIMIT }),
    },
  ], Math.min(rounds, 3));
  console.log(
    `\nSources limited to 25 MB/s each, ${bytes / 2 ** 20} MiB, ` +
      `median of ${Math.min(rounds, 3)}`,
  );
  printOutcomes(outcomes.values(), { bytes });
  const median = (name: string) => outcomes.get(name)!.median;
  printFigure("four sources beside one", {
    value: median("one source") / median("four sources"),
    least: 3.8,
  });
  // What is limited is bytes on the wire.
  const off = (name: string, limit: number) =>
    100 * Math.abs(bytes * 1.01 / median(name) / limit - 1);
  printFigure("--limit-up is kept, off by", {
    value: off("one source", LIMIT),
    most: 5,
    unit: "%",
  });
  printFigure("--limit-down is kept, off by", {
    value: off(CLIENT_LIMITED, SOURCES * LIMIT),
    most: 5,
    unit: "%",
  });
  printFigure("time with one killed beside that of three", {
    value: median("four, one killed half way") / median("three sources"),
    most: 1.25,
  });
}
