/**
 * Many peers want the same file at the same time.
 *
 * @module
 */

import { join } from "@std/path";
import type { BenchOptions } from "../transfer.ts";
import type { FetchReport } from "./actor.ts";
import { startActor, writeRandom } from "./actors.ts";
import { printFigure, printOutcomes, race } from "./table.ts";

const LIMIT = 20_000_000;
const PEERS = 12;
const BYTES = 64 * 2 ** 20;

/** Measures 12 peers that fetch 64 MiB from one limited source at once. */
export async function flashCrowd(
  { dir, rounds }: BenchOptions,
): Promise<void> {
  const times = Math.min(3, rounds);
  console.log(
    `\nFlash crowd: ${PEERS} peers, 64 MiB, 20 MB/s up each, median of ${times}`,
  );
  const from = join(dir, "crowd");
  await Deno.mkdir(from);
  const file = join(from, "crowd.bin");
  await writeRandom(file, BYTES);
  const cpu: number[] = [];
  const lastOf = async (count: number) => {
    await using owned = new AsyncDisposableStack();
    const index = owned.use(startActor("index"));
    const port = await index.line();
    const limit = String(LIMIT);
    const seed = owned.use(startActor("share", port, file, from, limit));
    await seed.line();
    const into = await Deno.makeTempDir({ dir, prefix: "crowd_" });
    const peers = Array.from(
      { length: count },
      (_, i) =>
        owned.use(
          startActor("get", port, "crowd.bin", join(into, `${i}`), limit),
        ),
    );
    for (const peer of peers) await peer.line();
    const start = performance.now();
    for (const peer of peers) await peer.tell("go");
    const reports = await Promise.all(
      peers.map(async (peer) => JSON.parse(await peer.line()) as FetchReport),
    );
    const seconds = (performance.now() - start) / 1_000;
    if (reports.length !== count) throw new Error("A peer is missing");
    if (count === PEERS) {
      const sum = reports.reduce((sum, it) => sum + it.cpuSeconds, 0);
      cpu.push(sum / (seconds * navigator.hardwareConcurrency));
    }
    await Deno.remove(into, { recursive: true });
    return seconds;
  };
  const outcomes = await race([
    { name: "one peer", run: () => lastOf(1) },
    { name: `the last of ${PEERS} peers`, run: () => lastOf(PEERS) },
  ], times);
  printOutcomes(outcomes.values(), { bytes: BYTES });
  cpu.sort((a, b) => a - b);
  console.log(
    `  the ${PEERS} peers took ${(100 * cpu[cpu.length >> 1]!).toFixed(0)}% ` +
      "of all processor time that there was",
  );
  const [one, last] = [...outcomes.values()];
  printFigure("time of the last beside that of one", {
    value: last!.median / one!.median,
    most: 2,
  });
}
