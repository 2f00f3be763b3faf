/**
 * One large file from one source.
 *
 * @module
 */

import { join } from "@std/path";
import type { BenchOptions } from "../transfer.ts";
import type { FetchReport } from "./actor.ts";
import {
  actorArgs,
  fetchArgs,
  runActor,
  startActor,
  startSource,
  writeRandom,
} from "./actors.ts";
import { run } from "./process.ts";
import { type Contender, printFigure, printOutcomes, race } from "./table.ts";

/** Measures one source beside a bare copy and the rivals that are installed. */
export async function oneSource(
  { dir, mib, rounds }: BenchOptions,
): Promise<void> {
  const bytes = mib * 2 ** 20;
  const file = join(dir, "in.bin");
  await writeRandom(file, bytes);
  await using ours = await startSource(file, "in.bin");
  await using bare = startActor("bare-serve", file);
  const barePort = await bare.line();
  const reports = new Map<string, FetchReport[]>();
  const folder = join(dir, "out");
  await Deno.mkdir(folder, { recursive: true });
  const out = join(folder, "in.bin");

  const measured = (name: string, ...args: string[]): Contender => ({
    name,
    async run() {
      const report = await runActor(args);
      await Deno.remove(out);
      reports.set(name, [...reports.get(name) ?? [], report]);
      return report.seconds;
    },
  });
  const outcomes = await race([
    measured("bare Deno TCP copy", "bare-fetch", out, `127.0.0.1:${barePort}`),
    measured(
      "Peerdex, every piece verified",
      ...fetchArgs(folder, "in.bin", [ours]),
    ),
  ], rounds);

  console.log(
    `\nOne source, ${mib} MiB, median of ${rounds} (fastest..slowest)`,
  );
  printOutcomes(outcomes.values(), { bytes });
  for (const [name, all] of reports) {
    const cpu = all.map((it) => it.cpuSeconds).sort((a, b) => a - b);
    const peak = Math.max(...all.map((it) => it.peakMib));
    console.log(
      `  ${name}: client ${cpu[cpu.length >> 1]!.toFixed(2)} s of processor, ` +
        `${peak.toFixed(0)} MiB`,
    );
  }
  const idle = Number((await run(Deno.execPath(), actorArgs("idle"))).output);
  const clientMib = Math.max(
    ...reports.get("Peerdex, every piece verified")!.map((it) => it.peakMib),
  );
  const seconds = (name: string) => outcomes.get(name)?.median;
  const ratio = (name: string) => {
    const other = seconds(name);
    return other && other / seconds("Peerdex, every piece verified")!;
  };
  printFigure("rate beside the bare copy", {
    value: ratio("bare Deno TCP copy"),
    least: 0.85,
  });
  printFigure("memory of the client above an idle process", {
    value: clientMib - idle,
    most: 64,
    unit: "MiB",
  });
  printFigure("memory of the content server above an idle process", {
    value: ours.process.peakMib - idle,
    most: 64,
    unit: "MiB",
  });
}
