import { assert, assertEquals } from "@std/assert";
import { IndexServer, type IndexServerOptions } from "../../index/server.ts";
import { permitted, tempDir } from "../permission.ts";
import { FuzzRun } from "./fuzz_run.ts";
import { fuzzSocket } from "./fuzz_socket.ts";
import { FILE_NEEDS } from "./sqlite/sqlite_stage.ts";

for (const seed of [1, 2]) {
  Deno.test(`50,000 fuzzed datagrams: no fault, and who behaves is served, seed ${seed}`, () => {
    const run = new FuzzRun(seed);
    run.send(50_000);
    assertEquals(run.served, 300);
    const { requests, dropped, errors } = run.index.counters;
    // Every way through the policy was taken, and often.
    const { length: _, source: __, rate: ___, ...reasons } = dropped;
    for (const [what, count] of Object.entries({ ...requests, ...reasons })) {
      assert(count > 150, `${what}: ${count}`);
    }
    for (
      const name of [
        ...["MALFORMED", "UNSUPPORTED", "VERSION", "TOKEN", "SIGNATURE"],
        ...["NAME_TAKEN", "NOT_FOUND"],
      ] as const
    ) assert(errors[name]! > 15, `${name}: ${errors[name]}`);
    run.end();
  });
}

permitted(
  { net: true },
  "a real index is fuzzed over its socket: no fault, and who behaves is served",
  async () => {
    await fuzz({});
    // What is told of messages is told of these as well.
    await fuzz({ trace: () => {} });
  },
);

permitted(
  { net: true, ...FILE_NEEDS },
  "a real index with a database is fuzzed over its socket: likewise",
  async () => {
    await using dir = await tempDir();
    const database = `${dir.path}/index.db`;
    await fuzz({ database });
    // What strangers left in it is taken for what it is.
    await using again = await start({ database });
    assertEquals(again.stats().sendFailures, 0);
  },
);

async function fuzz(options: IndexServerOptions): Promise<void> {
  const faults: unknown[] = [];
  await using index = await start({
    fault: (error) => faults.push(error),
    ...options,
  });
  const report = await fuzzSocket(index.addr, { datagrams: 10_000, seed: 3 });
  assertEquals(faults, []);
  assert(report.served > 0 && report.replies > 1_000);
  const { datagrams, dropped, errors } = index.stats();
  assert(datagrams > 5_000, `${datagrams}`);
  assert(dropped.length > 0 && errors.MALFORMED! > 0);
}

function start(options: IndexServerOptions): Promise<IndexServer> {
  return IndexServer.start({ hostname: "127.0.0.1", port: 0, ...options });
}
