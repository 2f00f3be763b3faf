/**
 * What it costs an index to keep what it acknowledges: new registrations a
 * second in bulk, beside an index that keeps nothing; the time until it answers
 * again with 1,000,000 of them after `kill -9`; and the size of its file.
 *
 *   deno run -A bench/index_database.ts [FOLDER]
 *
 * The folder is where the file is to be; without, that for temporary files. The
 * load comes from `index_load.c`, which is compiled first: Linux, with `cc`.
 *
 * @module
 */

import { startIndex } from "./index_rivals.ts";
import {
  figure,
  inTurns,
  LoadTool,
  rateOf,
  ROUNDS,
  spread,
  target,
} from "./load_tool.ts";

/** New registrations of one measurement. */
const COUNT = 100_000;

/** Registrations that an index is started with. */
const MANY = 1_000_000;

const folder = await Deno.makeTempDir(
  Deno.args[0] === undefined ? {} : { dir: Deno.args[0] },
);
try {
  const tool = await LoadTool.compile(folder);
  await compare(tool);
  await restart(tool);
} finally {
  await Deno.remove(folder, { recursive: true });
}

async function compare(tool: LoadTool): Promise<void> {
  await using plain = await startIndex();
  await using kept = await startKept(`${folder}/rate.db`);
  const register = (port: number) => (round: number) =>
    tool.run(port, { mode: "register", first: round * COUNT, count: COUNT });
  const results = await inTurns({
    memory: register(plain.port),
    database: register(kept.port),
  });
  const rates = results.database.map(rateOf);
  const beside = rates.map((rate, i) => rate / rateOf(results.memory[i]!));
  console.log("New registrations a second, 64 datagrams of six on their way");
  console.log(`  in memory       ${spread(results.memory.map(rateOf), 0)}`);
  console.log(
    `  with --database ${target(rates, { atLeast: 50_000, digits: 0 })}`,
  );
  console.log(`  beside memory   ${spread(beside)}`);
}

async function restart(tool: LoadTool): Promise<void> {
  const file = `${folder}/many.db`;
  {
    await using index = await startKept(file);
    await tool.run(index.port, { mode: "register", count: MANY });
  }
  const seconds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    await using _index = await startKept(file);
    seconds.push((performance.now() - start) / 1_000);
  }
  const { size } = await Deno.stat(file);
  console.log(`With ${figure(MANY)} registrations, after kill -9`);
  console.log(`  ready, seconds  ${target(seconds, { atMost: 3 })}`);
  console.log(
    `  file            ${(size / 1e6).toFixed(0)} MB, ${
      Math.round(size / MANY)
    } bytes each`,
  );
}

function startKept(file: string) {
  const allow = [`--allow-read=${file}`, `--allow-write=${file}`];
  return startIndex([`--database=${file}`], { allow });
}
