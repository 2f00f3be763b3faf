/**
 * A file eight times as large, of which nothing was ever written: what it takes
 * in memory to move it.
 *
 * @module
 */

import { join } from "@std/path";
import type { BenchOptions } from "../transfer.ts";
import { fetchArgs, runActor, startSource } from "./actors.ts";
import { printMemory } from "./memory.ts";

/** Fetches a sparse file once. */
export async function sparseFile({ dir, mib }: BenchOptions): Promise<void> {
  const bytes = 8 * mib * 2 ** 20;
  console.log(`\nOne source, a sparse file of ${8 * mib} MiB, once`);
  const folder = await Deno.makeTempDir({ dir });
  const file = join(folder, "sparse.bin");
  await Deno.writeFile(file, new Uint8Array(0));
  await Deno.truncate(file, bytes);
  await using source = await startSource(file, "out.bin");
  const { seconds, cpuSeconds, peakMib } = await runActor(
    fetchArgs(folder, "out.bin", [source]),
  );
  const rate = bytes / 2 ** 20 / seconds;
  console.log(
    `  ${seconds.toFixed(2)} s, ${rate.toFixed(0)} MiB/s, ` +
      `${cpuSeconds.toFixed(2)} s of the client's processor`,
  );
  await printMemory({
    clientMib: peakMib,
    serverMib: source.process.peakMib,
  });
  await Deno.remove(folder, { recursive: true });
}
