/**
 * Floods an index from many addresses, as fast as one core can, while a peer
 * that behaves registers, searches and de-registers. It says what that peer was
 * answered and how long it waited, what the index did with the flood, and how
 * much memory it took:
 *
 *   deno run -A bench/index_flood.ts [SECONDS [FLOOD]] [OPTION…]
 *
 * The flood is one of those below, all if not said. Options go to the index. The flood comes from `index_flood.c`, which is
 * compiled first: Linux, with `cc`.
 *
 * @module
 */

import { IndexClient } from "../peer/index_client.ts";
import { contentName, peerName } from "../protocol/name.ts";
import { Child } from "../tests/child.ts";
import { metadataOf } from "../tests/index/test_peer.ts";

/** What floods, and from how many addresses. */
const FLOODS = [
  ["none", 0],
  ["forged", 4_000],
  ["garbage", 4_000],
  ["search", 1],
  ["search", 1_000],
  ["register", 1],
  ["register", 1_000],
  ["longest", 1_000],
  ["hello", 1_000],
] as const;

/** Time between two things that the peer does, in milliseconds. */
const PACE_MS = 20;

const words = Deno.args.filter((word) => !word.startsWith("--"));
const options = Deno.args.filter((word) => word.startsWith("--"));
const [seconds = "8", only] = words;

/** What the peer asked and was not answered in time. */
let failures = 0;

interface Stats {
  readonly datagrams: number;
  readonly sent: number;
  readonly residentBytes: number;
  readonly registrations: number;
  readonly errors: Readonly<Record<string, number>>;
  readonly dropped: Readonly<Record<string, number>>;
}

const folder = await Deno.makeTempDir();
try {
  const tool = `${folder}/index_flood`;
  await compile(tool);
  for (const [mode, sources] of FLOODS) {
    if (only === undefined || only === mode) await flood(tool, mode, sources);
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}

async function flood(
  tool: string,
  mode: string,
  sources: number,
): Promise<void> {
  await using index = Child.start("index_server.ts", [
    ...["--host=127.0.0.1", "--port=0", "--no-announce", "--json"],
    ...options,
  ], { allow: ["--allow-net"] });
  const { port } = await index.event<{ port: number }>("listening");
  const stats = () => {
    index.kill("SIGUSR2");
    return index.event<Stats & Record<string, unknown>>("stats");
  };
  const before = await stats();
  const done = new AbortController();
  const peer = behave(port, done.signal);
  const sent = mode === "none" ? await quiet() : await run(tool, [
    `${port}`,
    mode,
    `${sources}`,
    seconds,
  ]);
  done.abort();
  const waits = (await peer).sort((a, b) => a - b);
  const after = await stats();
  const came = after.datagrams - before.datagrams;
  console.log(
    `${mode} from ${sources}: ${figure(sent / Number(seconds))}/s sent, ` +
      `${figure(came / Number(seconds))}/s taken in; peer ${waits.length} ` +
      `answered, ${failures} not; waited ${
        ms(waits, 0.5)
      } ms, one in a hundred ` +
      `${ms(waits, 0.99)} ms, at most ${ms(waits, 1)} ms; resident ` +
      `${mebibytes(before.residentBytes)} to ` +
      `${mebibytes(after.residentBytes)} MiB`,
  );
  console.log(
    `  ${figure(after.sent)} answers, errors ${
      JSON.stringify(after.errors)
    }, ` +
      `dropped ${JSON.stringify(after.dropped)}, ` +
      `${figure(after.registrations)} registrations`,
  );
}

/** Returns how long it waited for each answer, in milliseconds. */
async function behave(port: number, signal: AbortSignal): Promise<number[]> {
  failures = 0;
  const waits: number[] = [];
  const peer = peerName("good");
  const index = { hostname: "127.0.0.1", port };
  await using client = await IndexClient.open({ index, peer });
  const timed = async (work: () => Promise<unknown>) => {
    const start = performance.now();
    try {
      await work();
      waits.push(performance.now() - start);
    } catch {
      failures++;
    }
    await new Promise((next) => setTimeout(next, PACE_MS));
  };
  for (let n = 0; !signal.aborted; n++) {
    const name = contentName(`good ${n}`);
    const entry = { peer, name, port: 6_000, metadata: metadataOf() };
    await timed(() => client.register(entry));
    await timed(() => client.search({ name }));
    await timed(() => client.deregister(entry));
  }
  return waits;
}

async function quiet(): Promise<number> {
  await new Promise((next) => setTimeout(next, Number(seconds) * 1_000));
  return 0;
}

async function run(tool: string, args: string[]): Promise<number> {
  const { stdout, success } = await new Deno.Command(tool, {
    args,
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`The flood failed: ${args.join(" ")}`);
  return JSON.parse(new TextDecoder().decode(stdout)).datagrams;
}

async function compile(tool: string): Promise<void> {
  const source = new URL("index_flood.c", import.meta.url).pathname;
  const { success } = await new Deno.Command("cc", {
    args: ["-O2", "-o", tool, source],
    stderr: "inherit",
  }).output();
  if (!success) throw new Error("Cannot compile index_flood.c");
}

function ms(sorted: number[], part: number): string {
  const at = Math.min(sorted.length - 1, Math.floor(sorted.length * part));
  return (sorted[at] ?? NaN).toFixed(1);
}

function figure(value: number): string {
  return Math.round(value).toLocaleString("en");
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}
