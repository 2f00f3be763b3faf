/**
 * Transfers beside a bare copy and beside other tools, each from a process of
 * its own, over loopback, with files in memory.
 *
 * ```sh
 * deno run -A bench/transfer.ts [--mib 1024] [--rounds 5] [SCENARIO…]
 * ```
 *
 * Scenarios: `one` (a large file from one source), `sparse` (a sparse one, eight
 * times as large, for the memory that it takes), `many` (four limited sources,
 * one of them killed), `small` (10,000 small files), `crowd` (12 peers at once),
 * `far` (a long link that loses packets; takes root on Linux). A rival that is
 * not installed, or does not start, is left out, and named.
 *
 * @module
 */

import { parseArgs } from "@std/cli";
import { farLink } from "./transfer/far_link.ts";
import { flashCrowd } from "./transfer/flash_crowd.ts";
import { manyFiles } from "./transfer/many_files.ts";
import { manySources } from "./transfer/many_sources.ts";
import { oneSource } from "./transfer/one_source.ts";
import { sparseFile } from "./transfer/sparse_file.ts";

/** What every scenario is told. */
export interface BenchOptions {
  /** Where the files are, in memory where the system has such a place. */
  readonly dir: string;
  readonly mib: number;
  readonly rounds: number;
}

const SCENARIOS: Record<string, (options: BenchOptions) => Promise<void>> = {
  one: oneSource,
  sparse: sparseFile,
  many: manySources,
  small: manyFiles,
  crowd: flashCrowd,
  far: farLink,
};

if (import.meta.main) {
  const { mib, rounds, _: names } = parseArgs(Deno.args, {
    string: ["mib", "rounds"],
    default: { mib: "1024", rounds: "5" },
  });
  const dir = await Deno.makeTempDir({
    prefix: "peerdex_bench_",
    ...await inMemory(),
  });
  try {
    for (const name of names.length > 0 ? names : Object.keys(SCENARIOS)) {
      await SCENARIOS[name]!({ dir, mib: Number(mib), rounds: Number(rounds) });
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** A place in memory, where the system has one. */
async function inMemory(): Promise<{ dir?: string }> {
  try {
    await Deno.stat("/dev/shm");
    return { dir: "/dev/shm" };
  } catch {
    return {};
  }
}
