/**
 * One large file from one source.
 *
 * @module
 */

import { join } from "@std/path";
import type { BenchOptions } from "../transfer.ts";
import type { FetchReport } from "./actor.ts";
import {
  fetchArgs,
  runActor,
  startActor,
  startSource,
  writeRandom,
} from "./actors.ts";
import { printMemory } from "./memory.ts";
import { RIVALS, startRival } from "./rivals.ts";
import { type Contender, printFigure, printOutcomes, race } from "./table.ts";

const BARE = "bare Deno TCP copy";
const OURS = "Peerdex, every piece verified";
const OURS_WHOLE = "Peerdex, with the start of its process";

/** Measures one source beside a bare copy and the rivals that are installed. */
export async function oneSource(
  { dir, mib, rounds }: BenchOptions,
): Promise<void> {
  console.log(`\nOne source, ${mib} MiB, median of ${rounds}`);
  const bytes = mib * 2 ** 20;
  const file = join(dir, "one", "in.bin");
  const folder = join(dir, "out");
  const out = join(folder, "in.bin");
  await Deno.mkdir(join(dir, "one"));
  await Deno.mkdir(folder);
  await writeRandom(file, bytes);
  await using owned = new AsyncDisposableStack();
  const ours = owned.use(await startSource(file, "in.bin"));
  const bare = owned.use(startActor("bare-serve", file));
  const bareEndpoint = `127.0.0.1:${await bare.line()}`;
  const reports = new Map<string, FetchReport[]>();
  const whole: number[] = [];

  const measured = (name: string, args: readonly string[]): Contender => ({
    name,
    async run() {
      const report = await runActor(args);
      await Deno.remove(out);
      reports.set(name, [...reports.get(name) ?? [], report]);
      if (name === OURS) whole.push(report.processSeconds);
      return report.seconds;
    },
  });
  const contenders = [
    measured(BARE, ["bare-fetch", out, bareEndpoint]),
    measured(OURS, fetchArgs(folder, "in.bin", [ours])),
  ];
  for (const rival of RIVALS) {
    const fetch = await startRival(rival, { dir, file, out }, owned);
    if (!fetch) continue;
    contenders.push({
      name: rival.name,
      async run() {
        const seconds = await fetch();
        await Deno.remove(out);
        return seconds;
      },
    });
  }
  const outcomes = await race(contenders, rounds);
  whole.shift();
  whole.sort((a, b) => a - b);
  const median = whole[whole.length >> 1]!;
  outcomes.set(OURS_WHOLE, { name: OURS_WHOLE, seconds: whole, median });
  printOutcomes(outcomes.values(), { bytes });
  for (const [name, all] of reports) {
    const cpu = all.map((it) => it.cpuSeconds).sort((a, b) => a - b);
    const peak = Math.max(...all.map((it) => it.peakMib));
    console.log(
      `  ${name}: ${cpu[cpu.length >> 1]!.toFixed(2)} s of processor, ` +
        `at most ${peak.toFixed(0)} MiB`,
    );
  }

  const beside = (rival: string, us: string) => {
    const other = outcomes.get(rival)?.median;
    return other && other / outcomes.get(us)!.median;
  };
  printFigure("rate beside the bare copy", {
    value: beside(BARE, OURS),
    least: 0.85,
  });
  for (
    const [rival, least] of [
      ["curl from nginx", 1],
      ["curl from nginx, then openssl sha256", 1.4],
      ["scp", 1.5],
      ["aria2, BitTorrent, one seeder", 3],
    ] as const
  ) {
    const value = beside(rival, OURS_WHOLE);
    printFigure(`rate beside ${rival}`, { value, least });
  }
  await printMemory({
    clientMib: Math.max(...reports.get(OURS)!.map((it) => it.peakMib)),
    serverMib: ours.process.peakMib,
  });
}
