/**
 * The main job, end to end: an index and three peers as separate processes. A
 * file goes from one peer to a second, and from there to a third.
 *
 * @module
 */

import { formatBytes, formatDuration } from "../peer/cli/display.ts";
import { Child, type ChildEnd } from "./child.ts";

const BIG_BYTES = 64 * 1024 * 1024;

async function main(): Promise<void> {
  const started = performance.now();
  const folder = await Deno.makeTempDir({ prefix: "peerdex-demo-" });
  try {
    await demonstrate(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  say(`Done in ${formatDuration(performance.now() - started)}.`);
}

async function demonstrate(folder: string): Promise<void> {
  const big = randomBytes(BIG_BYTES);
  const notes = new TextEncoder().encode("Hello from alice.\n");
  for (const peer of ["alice", "bob", "carol"]) {
    await Deno.mkdir(`${folder}/${peer}`);
  }
  await Deno.writeFile(`${folder}/alice/render.bin`, big);
  await Deno.writeFile(`${folder}/alice/notes.txt`, notes);

  say("Starting an index");
  await using index = Child.start(
    "index_server.ts",
    ["--host", "127.0.0.1", "--port", "0", "--json"],
    { allow: ["--allow-net"] },
  );
  const { port } = await index.event<{ port: number }>("listening");
  const peer = (name: string, ...args: string[]) =>
    startPeer(folder, { name, port, args: [...args, "--json"] });
  const shown = async (name: string, ...args: string[]) =>
    await show(startPeer(folder, { name, port, args }));

  say(`alice shares render.bin (${formatBytes(BIG_BYTES)}) and notes.txt`);
  await using alice = peer("alice", "share", `${folder}/alice`);
  await alice.event("serving");

  say("bob asks the index what is there:");
  await shown("bob", "list");

  say("bob downloads both, and goes on sharing them");
  const before = performance.now();
  await using bob = peer("bob", "get", "render.bin", "notes.txt", "--share");
  await bob.event("serving");
  const elapsed = performance.now() - before;
  await expectSame(`${folder}/bob/render.bin`, big);
  await expectSame(`${folder}/bob/notes.txt`, notes);
  say(`The digests are the same; it took ${formatDuration(elapsed)}`);

  say("alice de-registers one file, then leaves");
  await shown("alice", "forget", "notes.txt");
  alice.kill("SIGTERM");
  await expectEnd(alice);

  say("carol finds render.bin at bob, and gets it from there");
  await using carol = peer("carol", "get", "render.bin");
  const done = await carol.event<{ from: { peer: string }[] }>("done");
  await expectEnd(carol);
  await expectSame(`${folder}/carol/render.bin`, big);
  const sources = done.from.map((source) => source.peer);
  if (sources.join() !== "bob") {
    throw new Error(`carol was served by ${sources}, expected bob`);
  }

  say("bob leaves, and the list is empty");
  bob.kill("SIGTERM");
  await expectEnd(bob);
  await shown("carol", "list");

  index.kill("SIGTERM");
  await expectEnd(index);
}

function startPeer(
  folder: string,
  { name, port, args }: { name: string; port: number; args: string[] },
): Child {
  const own = `${folder}/${name}`;
  return Child.start("peer.ts", [
    ...args,
    ...["--index", `127.0.0.1:${port}`],
    ...["--name", name],
    ...["--dir", own],
  ], {
    allow: ["--allow-net", `--allow-read=${own}`, `--allow-write=${own}`],
  });
}

async function show(child: Child): Promise<void> {
  await using _ = child;
  const { stdout, stderr } = await expectEnd(child);
  for (const line of `${stdout}${stderr}`.trim().split("\n")) {
    say(`    ${line}`);
  }
}

async function expectEnd(child: Child): Promise<ChildEnd> {
  const end = await child.end();
  if (end.code !== 0) {
    throw new Error(`A program ended with ${end.code}:\n${end.stderr}`);
  }
  return end;
}

async function expectSame(path: string, expected: Uint8Array): Promise<void> {
  const [found, wanted] = await Promise.all([
    Deno.readFile(path).then(sha256),
    sha256(expected),
  ]);
  if (found !== wanted) throw new Error(`${path} is not what alice shared`);
}

async function sha256(bytes: Uint8Array): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new Uint8Array(bytes));
  return new Uint8Array(hash).toHex();
}

function randomBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  // One call gives 64 KiB at most.
  for (let at = 0; at < length; at += 65_536) {
    crypto.getRandomValues(bytes.subarray(at, Math.min(at + 65_536, length)));
  }
  return bytes;
}

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

if (import.meta.main) await main();
