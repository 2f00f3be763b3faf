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

import { Child } from "../tests/child.ts";

/** Measurements of each kind, of which the median counts. */
const ROUNDS = 5;

/** New registrations of one measurement. */
const COUNT = 100_000;

/** Registrations that an index is started with. */
const MANY = 1_000_000;

/** Datagrams of six registrations that are on their way at the same time. */
const WINDOW = 64;

const folder = await Deno.makeTempDir(
  Deno.args[0] === undefined ? {} : { dir: Deno.args[0] },
);
try {
  const tool = await compile();
  await compare(tool);
  await restart(tool);
} finally {
  await Deno.remove(folder, { recursive: true });
}

async function compare(tool: string): Promise<void> {
  const file = `${folder}/rate.db`;
  await using plain = startIndex();
  await using kept = startIndex(file);
  const ports = [await portOf(plain), await portOf(kept)] as const;
  const rates: [number[], number[]] = [[], []];
  for (let round = 0; round <= ROUNDS; round++) {
    for (const which of [0, 1] as const) {
      const rate = await register(tool, ports[which], round * COUNT);
      // The first round warms up.
      if (round > 0) rates[which].push(rate);
    }
  }
  const [memory, database] = rates.map(median) as [number, number];
  console.log(
    `New registrations a second, ${WINDOW} datagrams of six on their way:`,
  );
  console.log(`  in memory       ${figure(memory)}`);
  console.log(`  with --database ${figure(database)}, acknowledged`);
}

async function restart(tool: string): Promise<void> {
  const file = `${folder}/many.db`;
  {
    await using index = startIndex(file);
    await register(tool, await portOf(index), 0, MANY);
    index.kill("SIGKILL");
    await index.end();
  }
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    await using index = startIndex(file);
    await portOf(index);
    times.push(performance.now() - start);
    index.kill("SIGKILL");
    await index.end();
  }
  const { size } = await Deno.stat(file);
  console.log(`With ${figure(MANY)} registrations, after kill -9:`);
  console.log(
    `  ready in        ${
      (median(times) / 1_000).toFixed(2)
    } s from the start of the process`,
  );
  console.log(
    `  all of them     ${
      times.map((ms) => (ms / 1_000).toFixed(2)).join(", ")
    } s`,
  );
  console.log(
    `  file            ${(size / 1e6).toFixed(0)} MB, ${
      Math.round(size / MANY)
    } bytes each`,
  );
}

function startIndex(file?: string): Child {
  const limit = "10000000";
  return Child.start("index_server.ts", [
    ...["--host=127.0.0.1", "--port=0", "--no-announce", "--json"],
    ...["--max-rate=0", `--max-registrations=${limit}`],
    ...[`--max-per-owner=${limit}`, `--max-per-address=${limit}`],
    ...["--lease=3600"],
    ...(file === undefined ? [] : [`--database=${file}`]),
  ], {
    allow: [
      "--allow-net",
      ...(file === undefined
        ? []
        : [`--allow-read=${file}`, `--allow-write=${file}`]),
    ],
  });
}

async function portOf(index: Child): Promise<number> {
  return (await index.event<{ port: number }>("listening")).port;
}

/** Registers names that are new, and returns how many a second. */
async function register(
  tool: string,
  port: number,
  first: number,
  count = COUNT,
): Promise<number> {
  const args = [port, "register", WINDOW, 0, first, count].map(String);
  const load = new Deno.Command(tool, { args, stderr: "inherit" });
  const { stdout, success } = await load.output();
  if (!success) throw new Error(`The load tool failed: ${args.join(" ")}`);
  const result = JSON.parse(new TextDecoder().decode(stdout));
  if (result.errors > 0) throw new Error(`${result.errors} were refused`);
  return result.messages / result.seconds;
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

function figure(value: number): string {
  return Math.round(value).toLocaleString("en");
}

async function compile(): Promise<string> {
  const tool = `${folder}/index_load`;
  const source = new URL("index_load.c", import.meta.url).pathname;
  const { success } = await new Deno.Command("cc", {
    args: ["-O2", "-o", tool, source],
    stderr: "inherit",
  }).output();
  if (!success) throw new Error("Cannot compile index_load.c");
  return tool;
}
