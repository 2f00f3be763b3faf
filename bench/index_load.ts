/**
 * How fast an index answers, beside a bare echo of the same runtime and beside
 * trackers of BitTorrent; how it grows; and what a registration costs in memory.
 *
 * ```sh
 * deno run -A bench/index_load.ts                   # everything, some minutes
 * deno run -A bench/index_load.ts search --rivals   # of these, in any order:
 *                                                   # search register growth parts
 * ```
 *
 * The load comes from `index_load.c`, which is compiled first: no script runtime
 * drives another at its limit from one process. It needs Linux and `cc`. All that
 * is compared takes turns within one run: only ratios mean something on a machine
 * that does other things too. opentracker takes part where it is installed; with
 * `--rivals` npm's bittorrent-tracker is installed in a temporary folder.
 *
 * @module
 */

import { parseArgs } from "@std/cli";
import { askDirectory } from "./index_parts.ts";
import {
  NAMES,
  startBittorrentTracker,
  startEcho,
  startIndex,
  startOpentracker,
} from "./index_rivals.ts";
import {
  figure,
  inTurns,
  LoadTool,
  median,
  rateOf,
  spread,
  target,
  WINDOW,
} from "./load_tool.ts";
import type { LoadResult, Measure } from "./load_tool.ts";

/** Registrations of a large index, and of a small one. */
const MANY = 1_000_000;
const FEW = 1_000;

/** The longest pause that is allowed, in milliseconds. */
const PAUSE_MS = 50;

const SCENARIOS: Record<string, () => Promise<void>> = {
  search,
  register,
  growth,
  parts,
};

const { rivals, _: wanted } = parseArgs(Deno.args, { boolean: ["rivals"] });
const folder = await Deno.makeTempDir();
const tool = await LoadTool.compile(folder);
try {
  for (const name of wanted.length > 0 ? wanted : Object.keys(SCENARIOS)) {
    await SCENARIOS[name]!();
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}

/** `S` of known names, a datagram each, 100,000 registrations. */
async function search(): Promise<void> {
  await using index = await startIndex();
  await using echo = await startEcho();
  const tracker = rivals
    ? await startBittorrentTracker(folder)
    : "bittorrent-tracker is measured with --rivals";
  const known = { count: NAMES };
  await tool.run(index.port, { mode: "register", ...known });
  const askers = WINDOW;
  const results = await inTurns({
    echo: () => tool.run(echo.port, { mode: "echo" }),
    S: () => tool.run(index.port, { mode: "search", ...known }),
    "echo, many askers": () => tool.run(echo.port, { mode: "echo", askers }),
    "S, many askers": () =>
      tool.run(index.port, { mode: "search", ...known, askers }),
    announces: announces(tracker),
  });
  title(`Figure 1: S of ${figure(NAMES)} names, ${WINDOW} on the way`);
  list(results);
  const { echo: plain, S } = results;
  compare("S beside the echo", S, plain, { atLeast: 0.85 });
  slower("p99 beside the echo's", S, plain);
  const [plainOfMany, ofMany] = [
    results["echo, many askers"],
    results["S, many askers"],
  ];
  compare("the same, from 64 sockets", ofMany, plainOfMany, { atLeast: 0.85 });
  slower("p99, from 64 sockets", ofMany, plainOfMany);
  beside("S beside bittorrent-tracker", S, results, { atLeast: 2.4 });
  if (typeof tracker === "string") console.log(`  ${tracker}`);
  else await tracker[Symbol.asyncDispose]();
}

/** `R` with `m`, six to a datagram. */
async function register(): Promise<void> {
  await using index = await startIndex();
  await using echo = await startEcho();
  const tracker = await startOpentracker(tool, folder);
  const results = await inTurns({
    echo: () => tool.run(echo.port, { mode: "echo" }),
    "R + m": (round) =>
      tool.run(index.port, {
        mode: "renew",
        first: round * NAMES,
        count: NAMES,
      }),
    announces: announces(tracker),
  });
  title(`Figure 2: R + m of ${figure(NAMES)} names, six to a datagram`);
  list(results);
  compare("R + m beside the echo", results["R + m"], results.echo, {});
  beside("R + m beside opentracker", results["R + m"], results, { atLeast: 3 });
  // BEP 15 has no datagram for more than one announce.
  row(
    "datagrams a second",
    `${datagrams(results["R + m"])} of six R + m, ` +
      `${datagrams(results.announces)} of one announce`,
  );
  if (typeof tracker === "string") console.log(`  ${tracker}`);
  else await tracker[Symbol.asyncDispose]();
}

/** From 1,000 registrations to 1,000,000. */
async function growth(): Promise<void> {
  const flags = ["--v8-flags=--trace-gc"];
  await using small = await startIndex([], { flags });
  await using large = await startIndex([], { flags });
  await using echo = await startEcho();
  for (const { port } of [small, large]) {
    await tool.run(port, { mode: "register", count: FEW });
  }
  const before = await residentBytes(large.child.pid);
  const more = { first: FEW, count: MANY - FEW };
  const grown = await tool.run(large.port, {
    mode: "register",
    window: 4,
    ...more,
  });
  const bytes = await residentBytes(large.child.pid) - before;
  const results = await inTurns({
    echo: () => tool.run(echo.port, { mode: "echo" }),
    "S of 1,000": () => tool.run(small.port, { mode: "search", count: FEW }),
    "S of 1,000,000": () =>
      tool.run(large.port, { mode: "search", count: MANY }),
  });
  title("Figures 3 and 4: from 1,000 registrations to 1,000,000");
  list(results);
  const [ofFew, ofMany] = [results["S of 1,000"], results["S of 1,000,000"]];
  compare("1,000,000 beside 1,000", ofMany, ofFew, { atLeast: 0.85 });
  const pause = { atMost: PAUSE_MS, digits: 1 };
  row(
    "longest wait while growing, ms",
    target([grown.longest / 1_000], pause),
  );
  const waits = ofMany.map(({ longest }) => longest / 1_000);
  row("longest wait for an S, ms", target([Math.max(...waits)], pause));
  const collections = large.child.stdout.matchAll(/([\d.]+) \/ [\d.]+ ms/g);
  const pauses = [...collections].map(([, ms]) => Number(ms));
  row("longest garbage collection, ms", target([Math.max(...pauses)], pause));
  row("new registrations a second", figure(rateOf(grown)));
  row(
    "bytes of memory each",
    target([bytes / more.count], { atMost: 300, digits: 0 }),
  );
}

/** Where the time of a search goes. */
async function parts(): Promise<void> {
  await using index = await startIndex();
  await using echo = await startEcho();
  await tool.run(index.port, { mode: "register", count: NAMES });
  const askers = WINDOW;
  const results = await inTurns({
    echo: () => tool.run(echo.port, { mode: "echo", askers }),
    one: () => tool.run(index.port, { mode: "search", count: NAMES }),
    many: () => tool.run(index.port, { mode: "search", count: NAMES, askers }),
  });
  title("Where the time of a search goes, in nanoseconds");
  const cost = (runs: LoadResult[]) => runs.map((run) => 1e9 / rateOf(run));
  row("receive and send, nothing else (echo)", spread(cost(results.echo), 0));
  row("token, rules, store and reply", spread(askDirectory(NAMES), 0));
  row("a search, an asker each", spread(cost(results.many), 0));
  row("a search, one asker for all", spread(cost(results.one), 0));
}

type Results = Readonly<Record<string, LoadResult[]>>;

function announces(
  tracker: { readonly port: number } | string,
): Measure | undefined {
  if (typeof tracker === "string") return undefined;
  return () => tool.run(tracker.port, { mode: "announce", count: NAMES });
}

function datagrams(runs: readonly LoadResult[]): string {
  const rates = runs.map(({ datagrams, seconds }) => datagrams / seconds);
  return rates.length > 0 ? figure(median(rates)) : "none";
}

function title(text: string): void {
  console.log(`\n${text}`);
}

function row(name: string, text: string): void {
  console.log(`  ${name.padEnd(36)} ${text}`);
}

function list(results: Results): void {
  for (const [name, runs] of Object.entries(results)) {
    if (runs.length === 0) continue;
    const lost = runs.reduce((sum, run) => sum + run.lost, 0);
    const p99 = median(runs.map((run) => run.p99));
    row(
      name,
      `${figure(median(runs.map(rateOf)))}/s, p99 ${p99} us, ${lost} lost`,
    );
  }
}

function compare(
  name: string,
  runs: readonly LoadResult[],
  plain: readonly LoadResult[],
  wanted: { readonly atLeast?: number },
): void {
  const ratios = runs.map((run, i) => rateOf(run) / rateOf(plain[i]!));
  row(
    name,
    wanted.atLeast === undefined ? spread(ratios) : target(ratios, wanted),
  );
}

function beside(
  name: string,
  runs: readonly LoadResult[],
  { announces }: { readonly announces: readonly LoadResult[] },
  wanted: { readonly atLeast: number },
): void {
  if (announces.length > 0) compare(name, runs, announces, wanted);
}

function slower(
  name: string,
  runs: readonly LoadResult[],
  plain: readonly LoadResult[],
): void {
  row(
    name,
    target(runs.map((run, i) => run.p99 / plain[i]!.p99), { atMost: 2 }),
  );
}

async function residentBytes(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return 1024 * Number(status.match(/VmRSS:\s*(\d+)/)![1]);
}
