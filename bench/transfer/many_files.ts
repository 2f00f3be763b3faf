/**
 * Many small files from one source.
 *
 * @module
 */

import { join } from "@std/path";
import type { BenchOptions } from "../transfer.ts";
import { runActor, startActor } from "./actors.ts";
import { canRun, FOLDER_RIVALS } from "./rivals.ts";
import { type Contender, printFigure, printOutcomes, race } from "./table.ts";

const FILES = 10_000;
const FILE_BYTES = 4_096;
const OURS = "Peerdex, with the start of its process";

/** Measures 10,000 files of 4 KiB. */
export async function manyFiles(
  { dir, rounds }: BenchOptions,
): Promise<void> {
  console.log(
    `\n${FILES} files of ${FILE_BYTES} bytes, median of ${rounds}`,
  );
  const from = join(dir, "small");
  const out = join(dir, "small_out");
  await Deno.mkdir(from);
  const bytes = new Uint8Array(FILE_BYTES);
  for (let i = 0; i < FILES; i++) {
    crypto.getRandomValues(bytes);
    await Deno.writeFile(join(from, `file-${i}.bin`), bytes);
  }
  await using owned = new AsyncDisposableStack();
  const list = join(dir, "small.list");
  const source = owned.use(startActor("serve-folder", from, list));
  const port = await source.line();
  const emptied = (fetch: () => Promise<number>) => async () => {
    await Deno.mkdir(out);
    const seconds = await fetch();
    const files = Array.from(Deno.readDirSync(out)).length;
    if (files < FILES && files !== 1 && files !== 2) {
      throw new Error(`Only ${files} files have come`);
    }
    await Deno.remove(out, { recursive: true });
    return seconds;
  };
  const contenders: Contender[] = [{
    name: OURS,
    run: emptied(async () => {
      const args = ["fetch-many", out, list, `127.0.0.1:${port}`];
      return (await runActor(args)).processSeconds;
    }),
  }];
  for (const rival of FOLDER_RIVALS) {
    if (!await canRun(rival)) continue;
    const fetch = await rival.start({ dir, file: from, out }, owned);
    contenders.push({ name: rival.name, run: emptied(fetch) });
  }
  const outcomes = await race(contenders, rounds);
  printOutcomes(outcomes.values(), { bytes: FILES * FILE_BYTES });
  const beside = (rival: string) => {
    const other = outcomes.get(rival)?.median;
    return other && other / outcomes.get(OURS)!.median;
  };
  printFigure("rate beside rsync from a daemon", {
    value: beside("rsync from a daemon"),
    least: 1,
  });
  printFigure("rate beside scp -r", { value: beside("scp -r"), least: 5 });
}
