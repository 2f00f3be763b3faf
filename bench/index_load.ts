/**
 * How fast an index answers, beside a bare echo of the same runtime, and what a
 * registration costs in memory.
 *
 * ```sh
 * deno run -A bench/index_load.ts            # everything, a few minutes
 * deno run -A bench/index_load.ts search     # one of: search register growth
 * ```
 *
 * The load comes from `index_load.c`, which is compiled first: no script runtime
 * drives another at its limit from one process. It needs Linux and `cc`. Rivals
 * take turns within one run; only their ratio means something on a machine that
 * does other things too.
 *
 * @module
 */

/** Measurements of each kind, of which the median counts. */
const ROUNDS = 5;

/** Seconds of one measurement. */
const SECONDS = 1.5;

/** Datagrams that are on their way at the same time. */
const WINDOW = 64;

/** What the load tool prints. */
interface LoadResult {
  readonly datagrams: number;
  readonly messages: number;
  readonly seconds: number;
  readonly errors: number;
  readonly lost: number;
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
}

const SCENARIOS = { search, register, growth };

const wanted = Deno.args.length > 0 ? Deno.args : Object.keys(SCENARIOS);
const folder = await Deno.makeTempDir();
const tool = `${folder}/index_load`;
try {
  await compile();
  for (const name of wanted) {
    await SCENARIOS[name as keyof typeof SCENARIOS]();
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}

/** `S` of known names, a datagram each, 100,000 registrations. */
async function search(): Promise<void> {
  await using index = await startIndex();
  await using echo = await startEcho();
  const count = 100_000;
  await load(index.port, { mode: "register", count });
  const pairs = await inTurns({
    echo: () => load(echo.port, { mode: "echo" }),
    search: () => load(index.port, { mode: "search", count }),
  });
  report("S, 100,000 registrations", pairs);
}

/** `R` with `m`, six to a datagram. */
async function register(): Promise<void> {
  await using index = await startIndex();
  await using echo = await startEcho();
  const pairs = await inTurns({
    echo: () => load(echo.port, { mode: "echo" }),
    renew: (round) =>
      load(index.port, {
        mode: "renew",
        first: round * 100_000,
        count: 100_000,
      }),
  });
  report("R + m, six to a datagram, 100,000 names", pairs);
}

/** From 1,000 registrations to 1,000,000. */
async function growth(): Promise<void> {
  await using index = await startIndex();
  await using echo = await startEcho();
  await load(index.port, { mode: "register", count: 1_000 });
  const small = await inTurns({
    echo: () => load(echo.port, { mode: "echo" }),
    search: () => load(index.port, { mode: "search", count: 1_000 }),
  });
  report("S, 1,000 registrations", small);
  const before = await residentBytes(index.pid);
  const first = 1_000;
  const count = 1_000_000 - first;
  const grown = await load(index.port, {
    mode: "register",
    window: 4,
    first,
    count,
  });
  const bytes = await residentBytes(index.pid) - before;
  console.log(`\nGrowing to 1,000,000 registrations`);
  console.log(`  ${perSecond(grown)} registrations a second, new ones`);
  console.log(`  longest wait for an answer ${grown.longest / 1_000} ms`);
  console.log(`  ${Math.round(bytes / count)} bytes of memory each`);
  const large = await inTurns({
    echo: () => load(echo.port, { mode: "echo" }),
    search: () => load(index.port, { mode: "search", count: 1_000_000 }),
  });
  report("S, 1,000,000 registrations", large);
}

interface LoadOptions {
  readonly mode: string;
  readonly window?: number;
  readonly first?: number;
  readonly count?: number;
}

async function load(
  port: number,
  { mode, window = WINDOW, first = 0, count = 1 }: LoadOptions,
): Promise<LoadResult> {
  const args = [port, mode, window, SECONDS, first, count].map(String);
  const { stdout, success } = await new Deno.Command(tool, {
    args,
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`The load tool failed: ${args.join(" ")}`);
  const result: LoadResult = JSON.parse(new TextDecoder().decode(stdout));
  if (mode !== "echo" && result.errors > 0) {
    throw new Error(`${result.errors} requests were refused`);
  }
  return result;
}

type Measure = (round: number) => Promise<LoadResult>;

async function inTurns<Name extends string>(
  rivals: Record<Name, Measure>,
): Promise<Record<Name, LoadResult[]>> {
  const results = {} as Record<Name, LoadResult[]>;
  for (let round = -1; round < ROUNDS; round++) {
    for (const name of Object.keys(rivals) as Name[]) {
      const result = await rivals[name](round + 1);
      // The first round warms up.
      if (round >= 0) (results[name] ??= []).push(result);
    }
  }
  return results;
}

function report(title: string, results: Record<string, LoadResult[]>): void {
  console.log(`\n${title}, ${WINDOW} datagrams on their way`);
  const [plain] = Object.values(results);
  for (const [name, rounds] of Object.entries(results)) {
    const rate = median(rounds.map((each) => each.messages / each.seconds));
    const p99 = median(rounds.map((each) => each.p99));
    const ratios = rounds.map((each, i) =>
      each.messages / each.seconds /
      (plain![i]!.messages / plain![i]!.seconds)
    );
    const slower = rounds.map((each, i) => each.p99 / plain![i]!.p99);
    const lost = rounds.reduce((sum, each) => sum + each.lost, 0);
    console.log(
      `  ${name.padEnd(8)} ${Math.round(rate).toLocaleString("en")}/s` +
        `, p99 ${p99} us, ${lost} lost` +
        `; rate ${median(ratios).toFixed(2)} and p99 ` +
        `${median(slower).toFixed(2)} times the first`,
    );
  }
}

function perSecond({ messages, seconds }: LoadResult): string {
  return Math.round(messages / seconds).toLocaleString("en");
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

async function compile(): Promise<void> {
  const source = new URL("index_load.c", import.meta.url).pathname;
  const { success } = await new Deno.Command("cc", {
    args: ["-O2", "-o", tool, source],
    stderr: "inherit",
  }).output();
  if (!success) throw new Error("Cannot compile index_load.c");
}

interface Server extends AsyncDisposable {
  readonly port: number;
  readonly pid: number;
}

function startIndex(): Promise<Server> {
  const limit = "2000000";
  return startServer("../index_server.ts", [
    ...["--host", "127.0.0.1", "--port", "0", "--max-rate", "0"],
    ...["--max-registrations", limit, "--max-per-owner", limit],
    ...["--max-per-address", limit, "--lease", "3600"],
  ]);
}

function startEcho(): Promise<Server> {
  return startServer("udp_echo.ts", []);
}

async function startServer(entry: string, args: string[]): Promise<Server> {
  const path = new URL(entry, import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-net", path, ...args],
    stdout: "piped",
  }).spawn();
  // Its first line ends with the port.
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let line = "";
  while (!line.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`${entry} did not start`);
    line += value;
  }
  return {
    port: Number(line.match(/(\d+)(?: \(UDP\))?\n/)![1]),
    pid: child.pid,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await reader.cancel();
      await child.status;
    },
  };
}

async function residentBytes(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return 1024 * Number(status.match(/VmRSS:\s*(\d+)/)![1]);
}
