/**
 * Fuzzes an index: ten million datagrams, or as many as the first argument says,
 * through its policy and store, and one in twenty over the socket of a real one
 * besides, while a peer that behaves is served all the time. It says what was
 * answered, and where the memory is once all leases have run out:
 *
 *   deno run -A --v8-flags=--expose-gc bench/index_fuzz.ts [DATAGRAMS] [SEED]
 *
 * It fails where anything faults, or the good peer is not served.
 *
 * @module
 */

import { Child } from "../tests/child.ts";
import { fuzzSocket } from "../tests/index/fuzz_socket.ts";
import { FuzzRun } from "../tests/index/fuzz_run.ts";

const datagrams = Number(Deno.args[0] ?? 10_000_000);
const seed = Number(Deno.args[1] ?? 1);

/** Parts of the whole; the first warms up. */
const PARTS = 10;

const collect = (globalThis as { gc?: () => void }).gc;
if (!collect) throw new Error("Cannot tell the memory: run with --expose-gc");

const run = new FuzzRun(seed);
const start = performance.now();
for (let part = 1; part <= PARTS; part++) {
  run.send(datagrams / PARTS);
  const { registrations, owners } = run.index.store.counts();
  run.end();
  collect();
  const { heapUsed, external, rss } = Deno.memoryUsage();
  console.log(
    `${figure(part * datagrams / PARTS)} datagrams, then empty: ` +
      `${figure(registrations)} registrations of ${owners} owners are gone, ` +
      `heap ${mebibytes(heapUsed)} and buffers ${mebibytes(external)}, ` +
      `resident ${mebibytes(rss)}`,
  );
}
const seconds = (performance.now() - start) / 1_000;
console.log(
  `${figure(datagrams)} in ${seconds.toFixed(0)} s, ${figure(run.replies)} ` +
    `answers; ${figure(run.served)} requests of the good peer, all served`,
);
const { requests, errors, dropped } = run.index.counters;
console.log(JSON.stringify({ requests, errors, dropped }));

await using index = Child.start("index_server.ts", [
  ...["--host=127.0.0.1", "--port=0", "--no-announce", "--json"],
], { allow: ["--allow-net"] });
const { port } = await index.event<{ port: number }>("listening");
const address = { hostname: "127.0.0.1", port };
for (let part = 1; part <= PARTS; part++) {
  const report = await fuzzSocket(address, {
    datagrams: datagrams / 20 / PARTS,
    seed: seed + part,
  });
  index.kill("SIGUSR2");
  const stats = await index.event<{ residentBytes: number; datagrams: number }>(
    "stats",
  );
  console.log(
    `over the socket: ${figure(stats.datagrams)} came, good peer ` +
      `${figure(report.served)} of ${figure(report.served)}, resident ` +
      mebibytes(stats.residentBytes),
  );
}
index.kill("SIGTERM");
const { code, stderr } = await index.end();
console.log(`it ended with code ${code}${stderr && `: ${stderr}`}`);

function figure(value: number): string {
  return Math.round(value).toLocaleString("en");
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
