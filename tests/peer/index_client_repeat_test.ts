import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import {
  IndexError,
  IndexUnreachableError,
  NotFoundError,
} from "../../peer/index_error.ts";
import { contentName } from "../../protocol/name.ts";
import { entry, stage } from "./client_fixture.ts";

Deno.test("IndexClient repeats with the same transaction until it is answered", async () => {
  await using at = await stage();
  let lost = 0;
  const times: number[] = [];
  at.network.toIndex = () => {
    times.push(at.clock.now());
    return lost++ < 4 ? [] : [1];
  };
  await at.clock.until(at.client.register(entry("a")));
  const waits = times.slice(1, 5).map((time, i) => time - times[i]!);
  for (const [i, plain] of [250, 500, 1000, 2000].entries()) {
    assert(Math.abs(waits[i]! - plain) <= plain / 5 + 1, `${waits}`);
  }
  assertEquals(new Set(at.index.requests.map((r) => r.transaction)).size, 1);
});

Deno.test("IndexClient gives up after 15 s and says what to check", async () => {
  await using at = await stage();
  at.network.toIndex = () => [];
  const error = await at.clock.until(assertRejects(
    () => at.client.register(entry("a.txt")),
    IndexUnreachableError,
  ));
  assertEquals(error.index, "192.0.2.1:60000");
  assertMatch(error.message, /"a\.txt".*192\.0\.2\.1:60000.*running.*firewall/);
  assertEquals(Math.round(at.clock.now() / 1000), 15);
});

Deno.test("IndexClient tries each request anew after it gave one up", async () => {
  await using at = await stage();
  at.network.toIndex = () => [];
  for (let i = 1; i <= 3; i++) {
    await at.clock.until(assertRejects(
      () => at.client.register(entry("a.txt")),
      IndexUnreachableError,
    ));
    assertEquals(Math.round(at.clock.now() / 1000), 15 * i);
  }
});

Deno.test("IndexClient gives up on all at once when nothing is heard", async () => {
  await using at = await stage();
  at.network.toIndex = () => [];
  const all = Array.from(
    { length: 3_000 },
    (_, i) => at.client.register(entry(`${i}`)),
  );
  const settled = await at.clock.until(Promise.allSettled(all));
  assert(settled.every(({ status }) => status === "rejected"));
  assertEquals(Math.round(at.clock.now() / 1000), 15);
});

Deno.test("IndexClient keeps a success whose answer was lost", async () => {
  await using at = await stage();
  await at.clock.until(at.client.register(entry("a")));
  let lost = 0;
  at.network.toClient = () => lost++ < 2 ? [] : [1];
  await at.clock.until(at.client.deregister(entry("a")));
  assertEquals(at.index.count("T"), 3);
});

Deno.test("IndexClient keeps a success that the index no longer remembers", async () => {
  await using at = await stage();
  await at.clock.until(at.client.register(entry("a")));
  let lost = 0;
  at.network.toClient = () => {
    if (lost++ > 0) return [1];
    at.index.restart();
    return [];
  };
  await at.clock.until(at.client.deregister(entry("a")));
});

Deno.test("IndexClient.deregister() of what is not there is an error", async () => {
  await using at = await stage();
  await at.clock.until(at.client.hello());
  at.index.expireTokens(); // It is sent twice, but done at most once.
  const error = await at.clock.until(assertRejects(
    () => at.client.deregister(entry("a")),
    NotFoundError,
  ));
  assertMatch(error.message, /de-register "a" of "Alice".*File does not exist/);
});

Deno.test("IndexClient takes answers that come twice, late and out of order", async () => {
  await using at = await stage();
  let n = 0;
  at.network.toClient = () => [1 + (n++ * 37) % 400, 700];
  const names = Array.from({ length: 200 }, (_, i) => `${i}`);
  await at.clock.until(at.client.registerAll(names.map((name) => entry(name))));
  assertEquals(at.index.names.length, 200);
  await at.clock.advance(2_000);
  assert(at.client.dropped.unmatched > 0);
});

Deno.test("IndexClient waits as long as a busy index asks, and then goes on", async () => {
  await using at = await stage();
  await at.clock.until(at.client.hello());
  let busy = 2;
  at.index.judge = () =>
    busy-- > 0 ? { error: "BUSY", retryAfter: 3 } : undefined;
  await at.clock.until(at.client.register(entry("a")));
  assert(at.clock.now() >= 6_000 && at.clock.now() < 9_000);
});

Deno.test("IndexClient waits for a busy index a minute, not for ever", async () => {
  await using at = await stage();
  at.index.judge = () => ({ error: "BUSY", retryAfter: 25 });
  const error = await at.clock.until(assertRejects(
    () => at.client.register(entry("a")),
    IndexError,
  ));
  assertEquals([error.error, error.retryAfter], ["BUSY", 25]);
  assert(at.clock.now() < 61_000);
  assertMatch(error.message, /Too many requests; wait/);
});

Deno.test("IndexClient asks others while the store behind the index is away", async () => {
  await using at = await stage();
  await at.clock.until(at.client.register(entry("a")));
  at.index.judge = ({ type }) =>
    type === "R" ? { error: "UNAVAILABLE", retryAfter: 5 } : undefined;
  const before = at.clock.now();
  const registering = at.client.register(entry("b"));
  await at.clock.until(at.client.search({ name: contentName("a") }));
  assert(at.clock.now() - before < 100);
  at.index.judge = () => undefined;
  await at.clock.until(registering);
});
