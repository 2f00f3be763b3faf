/**
 * How fast indexes answer that share a Redis: one of them, and two at once.
 *
 * ```sh
 * deno run -A bench/index_redis.ts
 * ```
 *
 * It needs Linux, `cc` and `redis-server`, which it starts on a port of its own.
 * The load comes from `index_load.c`. Index, Redis and load want a core each:
 * with fewer, they take turns, and a second index can add nothing.
 *
 * @module
 */

/** Measurements of each kind, of which the median counts. */
const ROUNDS = 5;

/** Seconds of one measurement. */
const SECONDS = 2;

/** Datagrams that are on their way to one index at the same time. */
const WINDOW = 64;

/** Linux counts the time of processes in hundredths of a second. */
const CLOCK_TICKS = 100;

/** Names that are searched for. */
const COUNT = 50_000;

interface LoadResult {
  readonly messages: number;
  readonly seconds: number;
  readonly p50: number;
  readonly p99: number;
}

interface Served extends AsyncDisposable {
  readonly port: number;
  /** What it has taken of the processor so far, in seconds. */
  spent(): Promise<number>;
}

const folder = await Deno.makeTempDir();
const tool = `${folder}/index_load`;
try {
  await run("cc", ["-O2", "-o", tool, "bench/index_load.c"]);
  await using redis = await startRedis();
  await using one = await startIndex(redis.port);
  await using two = await startIndex(redis.port);
  const filled = await load(one.port, "register");
  const rates: Record<string, number[]> = { one: [], two: [], register: [] };
  const costs: Record<string, number[]> = { index: [], redis: [] };
  let last: LoadResult = filled;
  for (let round = 0; round < ROUNDS; round++) {
    const before = [await one.spent(), await redis.spent()] as const;
    last = await load(one.port, "search");
    rates.one!.push(rate([last]));
    const after = [await one.spent(), await redis.spent()] as const;
    costs.index!.push((after[0] - before[0]) / last.messages * 1e6);
    costs.redis!.push((after[1] - before[1]) / last.messages * 1e6);
    rates.two!.push(
      rate(
        await Promise.all([
          load(one.port, "search"),
          load(two.port, "search"),
        ]),
      ),
    );
    const first = (round + 1) * COUNT;
    rates.register!.push(rate([await load(two.port, "renew", first)]));
  }
  const [single, both] = [median(rates.one!), median(rates.two!)];
  console.log(`${COUNT} registrations, medians of ${ROUNDS}`);
  console.log(`  filled at          ${shown(rate([filled]))} R/s`);
  console.log(`  one index          ${shown(single)} S/s`);
  console.log(`    of the last run  p50 ${last.p50} µs, p99 ${last.p99} µs`);
  console.log(
    `    of a core a search, index ${
      median(costs.index!).toFixed(1)
    } µs, Redis ${median(costs.redis!).toFixed(1)} µs`,
  );
  console.log(`  two indexes        ${shown(both)} S/s`);
  console.log(`  two to one         ${(both / single).toFixed(2)}`);
  console.log(`  one index, renew   ${shown(median(rates.register!))} R/s`);
  console.log(`  cores              ${navigator.hardwareConcurrency}`);
} finally {
  await Deno.remove(folder, { recursive: true });
}

async function startRedis(): Promise<Served> {
  const port = freePort();
  const process = new Deno.Command("redis-server", {
    args: [
      ...["--port", String(port), "--bind", "127.0.0.1", "--dir", folder],
      ...["--save", "", "--appendonly", "no"],
    ],
    stdout: "piped",
  }).spawn();
  return await served(process, /Ready to accept connections/, () => port);
}

async function startIndex(redis: number): Promise<Served> {
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--allow-net", "index_server.ts", "--no-announce", "--json"],
      ...[
        "--host",
        "127.0.0.1",
        "--port",
        "0",
        "--max-rate",
        "0",
        "--lease",
        "3600",
      ],
      ...["--max-per-owner", "1000000", "--max-per-address", "1000000"],
      ...["--redis", `redis://127.0.0.1:${redis}`],
    ],
    stdout: "piped",
  }).spawn();
  return await served(process, /"port":(\d+)/, ([, port]) => Number(port));
}

async function served(
  process: Deno.ChildProcess,
  ready: RegExp,
  portOf: (found: RegExpMatchArray) => number,
): Promise<Served> {
  const started = Promise.withResolvers<RegExpMatchArray>();
  const read = async () => {
    let text = "";
    for await (
      const part of process.stdout.pipeThrough(new TextDecoderStream())
    ) {
      text += part;
      const found = text.match(ready);
      if (found) started.resolve(found);
    }
    started.reject(new Error(`It did not start: ${text}`));
  };
  const output = read();
  const port = portOf(await started.promise);
  return {
    port,
    spent: () => cpuSeconds(process.pid),
    async [Symbol.asyncDispose]() {
      process.kill("SIGTERM");
      await process.status;
      await output;
    },
  };
}

/** User and system time of a process, in seconds. */
async function cpuSeconds(pid: number): Promise<number> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS;
}

async function load(
  port: number,
  mode: string,
  first = 0,
): Promise<LoadResult> {
  // Three programs share the cores: one that spins keeps another from working.
  const spin = 0;
  const args = [port, mode, WINDOW, SECONDS, first, COUNT, 1, spin];
  const result = JSON.parse(await run(tool, args.map(String)));
  if (result.errors > 0) throw new Error(`${result.errors} were refused`);
  return result;
}

async function run(program: string, args: string[]): Promise<string> {
  const { stdout, success } = await new Deno.Command(program, {
    args,
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`${program} failed`);
  return new TextDecoder().decode(stdout);
}

function rate(results: readonly LoadResult[]): number {
  return results.reduce(
    (sum, { messages, seconds }) => sum + messages / seconds,
    0,
  );
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;
}

function shown(perSecond: number): string {
  return String(Math.round(perSecond)).padStart(8);
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}
