import { assert, assertEquals } from "@std/assert";
import { IndexServer } from "../../index/server.ts";
import { permitted } from "../permission.ts";
import { FuzzRun } from "./fuzz_run.ts";
import { fuzzSocket } from "./fuzz_socket.ts";

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
    const faults: unknown[] = [];
    await using index = await IndexServer.start({
      hostname: "127.0.0.1",
      port: 0,
      fault: (error) => faults.push(error),
      // What is told of messages is told of these as well.
      trace: () => {},
    });
    const report = await fuzzSocket(index.addr, { datagrams: 10_000, seed: 3 });
    assertEquals(faults, []);
    assert(report.served > 0 && report.replies > 1_000);
    const { datagrams, dropped, errors } = index.stats();
    assert(datagrams > 5_000, `${datagrams}`);
    assert(dropped.length > 0 && errors.MALFORMED! > 0);
  },
);
