import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertRejects,
} from "@std/assert";
import {
  IndexError,
  IndexUnreachableError,
  NotFoundError,
} from "../../peer/index_error.ts";
import { PduBuffer } from "../../protocol/pdu_buffer.ts";
import { contentName } from "../../protocol/name.ts";
import { encodeAck } from "../../protocol/reply.ts";
import {
  ALICE,
  entry,
  METADATA,
  seeded,
  signer,
  stage,
} from "./client_fixture.ts";
import { refuse } from "./fake_index.ts";

Deno.test("IndexClient registers, finds, lists and de-registers", async () => {
  await using at = await stage();
  const { client, clock } = at;
  await clock.until(client.register(entry("a.txt")));
  const { metadata, count, sources } = await clock.until(
    client.search({ name: contentName("a.txt") }),
  );
  assertEquals(metadata, METADATA);
  assertEquals(count, 1);
  // An address of zero is the host that the index was reached at.
  assertEquals(sources, [{
    hostname: "192.0.2.1",
    port: 6010,
    peer: ALICE,
    name: contentName("a.txt"),
  }]);
  await clock.until(client.deregister(entry("a.txt")));
  assertEquals(at.index.names, []);
});

Deno.test("IndexClient.list() goes through the pages to the end", async () => {
  await using at = await stage();
  const names = ["a", "b", "c", "d", "e"];
  await at.clock.until(at.client.registerAll(names.map((name) => entry(name))));
  const listing = await at.clock.until(at.client.list());
  assertEquals(listing.count, 5);
  const found = await at.clock.until(Array.fromAsync(listing));
  assertEquals(found.map(({ name }) => String(name)), names);
  assertEquals(found[0]!.hostname, "192.0.2.7");
  assertEquals(at.index.count("O"), 3);
});

Deno.test("IndexClient takes the first token and keeps to it", async () => {
  await using at = await stage();
  await at.clock.until(at.client.register(entry("a")));
  await at.clock.until(at.client.register(entry("b")));
  const tokens = at.index.requests.map(({ token }) => token);
  assertEquals(tokens, [0n, 1n, 1n]);
  const [first, again] = at.index.requests;
  assertEquals(first!.transaction, again!.transaction);
});

Deno.test("IndexClient takes a fresh token when its own is too old", async () => {
  await using at = await stage();
  await at.clock.until(at.client.register(entry("a")));
  at.index.expireTokens();
  await at.clock.until(at.client.register(entry("b")));
  assertEquals(at.index.names, ["Alice/a", "Alice/b"]);
});

Deno.test("IndexClient ends with an index that never takes its tokens", async () => {
  await using at = await stage();
  at.network.toIndex = () => {
    at.index.expireTokens();
    return [1];
  };
  const error = await at.clock.until(assertRejects(
    () => at.client.register(entry("a")),
    IndexError,
  ));
  assertEquals(error.error, "TOKEN");
});

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

Deno.test("IndexClient takes no answer from another address or port", async () => {
  await using at = await stage();
  const right = at.network.from;
  at.network.from = { ...right, hostname: "192.0.2.66" };
  at.clock.after(5_000, () => at.network.from = { ...right, port: 60001 });
  const error = await at.clock.until(assertRejects(
    () => at.client.register(entry("a")),
    IndexUnreachableError,
  ));
  assertMatch(error.message, /answer came from 192\.0\.2\.1 port 60001/);
  assert(at.client.dropped.stranger >= 5);
});

Deno.test("IndexClient takes no advice from a stranger", async () => {
  await using at = await stage();
  at.network.toIndex = () => [];
  at.network.from = { ...at.network.from, hostname: "192.0.2.66" };
  const asking = assertRejects(
    () => at.client.register(entry("a")),
    IndexUnreachableError,
  );
  const [socket] = at.network.sockets;
  for (let transaction = 0; transaction < 20; transaction++) {
    const forged = refuse({ transaction }, { error: "FORBIDDEN" });
    at.network.deliver(socket!, forged);
  }
  const error = await at.clock.until(asking);
  assertEquals(at.client.dropped.stranger, 20);
  assertMatch(error.message, /check that it is running/);
});

Deno.test("IndexClient outlives random datagrams", async () => {
  await using at = await stage();
  await at.clock.until(at.client.hello());
  const { transaction } = at.index.requests.at(-1)!;
  const asking = at.client.register(entry("a"));
  const [socket] = at.network.sockets;
  const random = seeded(7);
  for (let round = 0; round < 3_000; round++) {
    const bytes = new Uint8Array(101 * (1 + Math.floor(random() * 12)));
    for (let i = 0; i < bytes.length; i++) bytes[i] = random() * 256;
    for (let at = 0; at < bytes.length; at += 101) {
      bytes[at] = "AESOmnk".charCodeAt(random() * 7);
      if (random() < 0.5) bytes.fill(0, at + 5, at + 101);
      const number = transaction + 2 + Math.floor(random() * 3);
      new DataView(bytes.buffer).setUint32(at + 1, number);
    }
    socket!.arrive(bytes, at.network.from);
  }
  await at.clock.until(asking);
  assert(at.client.dropped.malformed > 1_000);
});

Deno.test("IndexClient counts garbage and goes on", async () => {
  await using at = await stage();
  const asking = at.client.register(entry("a"));
  const [socket] = at.network.sockets;
  for (const length of [0, 1, 100, 101, 102, 1212, 1213, 2424, 60_000]) {
    at.network.deliver(socket!, new Uint8Array(length).fill(0x41));
    at.network.deliver(socket!, new Uint8Array(length).fill(0xff));
  }
  await at.clock.until(asking);
  const { malformed, length, unmatched } = at.client.dropped;
  assert(malformed > 0 && length > 0, JSON.stringify({ malformed, length }));
  assert(unmatched >= 0);
});

Deno.test("IndexClient takes no answer to what it never sent", async () => {
  await using at = await stage();
  const [socket] = at.network.sockets;
  for (let transaction = 0; transaction < 50; transaction++) {
    const pdus = new PduBuffer(new Uint8Array(101));
    encodeAck(pdus, 0, { transaction, token: 99n });
    at.network.deliver(socket!, pdus.bytes);
  }
  await at.clock.advance(10);
  assertEquals(at.client.dropped.unmatched, 50);
  await at.clock.until(at.client.register(entry("a")));
  assertNotEquals(at.index.requests[0]!.token, 99n);
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

Deno.test("IndexClient says whose name it is when it is taken", async () => {
  await using at = await stage();
  await using other = await at.open();
  await at.clock.until(other.register(entry("a")));
  const error = await at.clock.until(assertRejects(
    () => at.client.register(entry("a")),
    IndexError,
  ));
  assertEquals(error.error, "NAME_TAKEN");
  assertEquals(
    error.message,
    'Cannot register "a" as "Alice" at the index 192.0.2.1:60000: ' +
      "File associated with another User --> Pick another user name",
  );
});

Deno.test("IndexClient says so when nobody has what is searched for", async () => {
  await using at = await stage();
  const error = await at.clock.until(assertRejects(
    () => at.client.search({ name: contentName("no.txt") }),
    NotFoundError,
  ));
  assertEquals(error.text, "File Request does not exist");
});

Deno.test("IndexClient with a key opens a session before it registers", async () => {
  const key = signer();
  await using at = await stage({ signer: key });
  await at.clock.until(at.client.register(entry("a")));
  assertEquals(at.index.requests.map(({ type }) => type), ["H", "H", "R"]);
  assertEquals(
    at.index.registrations.get("Alice/a")!.owner,
    key.key.toHex(),
  );
});

Deno.test("IndexClient with a key opens its session again before it repeats", async () => {
  const key = signer();
  await using at = await stage({ signer: key });
  await at.clock.until(at.client.hello({ port: 6010, lease: 60 }));
  await at.clock.until(at.client.register(entry("a")));
  at.index.restart();
  at.index.requests.length = 0;
  await at.clock.until(Promise.all([
    at.client.register(entry("b")),
    at.client.register(entry("c")),
  ]));
  const types = at.index.requests.map(({ type }) => type).join("");
  assertMatch(types, /^RR?HRR$/);
  for (const { owner } of at.index.registrations.values()) {
    assertEquals(owner, key.key.toHex());
  }
  const hello = at.index.requests.find((request) => request.type === "H");
  assertEquals([hello!.port, hello!.lease], [6010, 60]);
});

Deno.test("IndexClient opens a session again when its lease has passed", async () => {
  await using at = await stage({ signer: signer() });
  await at.clock.until(at.client.hello());
  await at.clock.advance(301_000);
  await at.clock.until(at.client.register(entry("a")));
  assertEquals(at.index.count("H"), 3);
});

Deno.test("IndexClient tells those who wait for a session why there is none", async () => {
  await using at = await stage({ signer: signer() });
  at.index.judge = ({ type }) =>
    type === "H" ? { error: "FORBIDDEN" } : undefined;
  const error = await at.clock.until(assertRejects(
    () => at.client.register(entry("a")),
    IndexError,
  ));
  assertEquals(error.error, "FORBIDDEN");
});

Deno.test("IndexClient puts what is asked in one turn into few datagrams", async () => {
  await using at = await stage();
  await at.clock.until(at.client.hello());
  at.index.datagrams.length = 0;
  await at.clock.until(
    at.client.searchAll(
      Array.from({ length: 8 }, (_, i) => ({ name: contentName(`${i}`) })),
    ),
  );
  assertEquals(at.index.datagrams, [8]);
});

Deno.test("IndexClient sends a name of any length whole", async () => {
  await using at = await stage();
  const names = [54, 55, 150, 151, 822].map((length) => {
    const parts = "0123456789".repeat(83).match(/.{1,100}/g)!.join("/");
    return parts.slice(0, length).replace(/\/$/, "x");
  });
  await at.clock.until(at.client.registerAll(names.map((name) => entry(name))));
  assertEquals(at.index.names, names.map((name) => `Alice/${name}`).sort());
});

Deno.test("IndexClient.registerAll() goes on after one that is refused", async () => {
  await using at = await stage();
  at.index.judge = (request) =>
    request.type === "R" && request.name === "b"
      ? { error: "FULL" }
      : undefined;
  const seen: string[] = [];
  const results = await at.clock.until(
    at.client.registerAll(["a", "b", "c"].map((name) => entry(name)), {
      onResult: ({ item }) => seen.push(item.name),
    }),
  );
  assertEquals(results.map(({ error }) => error instanceof IndexError), [
    false,
    true,
    false,
  ]);
  assertEquals(seen.sort(), ["a", "b", "c"]);
});

Deno.test("IndexClient.registerAll() gets all through a bad network", async () => {
  await using at = await stage({ signer: signer() });
  let n = 0;
  const fate = () => {
    n++;
    if (n % 5 === 0) return [];
    return n % 7 === 0 ? [1, 90] : [1 + (n * 31) % 200];
  };
  at.network.toIndex = fate;
  at.network.toClient = fate;
  const names = Array.from({ length: 2_000 }, (_, i) => `file ${i}`);
  const results = await at.clock.until(
    at.client.registerAll(names.map((name) => entry(name))),
  );
  assert(results.every(({ error }) => error === undefined));
  assertEquals(at.index.names.length, 2_000);
});

Deno.test("IndexClient ends a request with its signal, and only that one", async () => {
  await using at = await stage();
  await at.clock.until(at.client.hello());
  at.index.judge = (request) =>
    request.type === "R" && request.name === "a" ? "silence" : undefined;
  const ended = new AbortController();
  const one = at.client.register(entry("a"), { signal: ended.signal });
  const other = at.client.register(entry("b"));
  at.clock.after(300, () => ended.abort(new Error("enough")));
  await at.clock.until(assertRejects(() => one, Error, "enough"));
  await at.clock.until(other);
  assertEquals(at.clock.timers <= 1, true);
});

Deno.test("IndexClient ends a bulk with its signal", async () => {
  await using at = await stage();
  const ended = new AbortController();
  let done = 0;
  const bulk = at.client.registerAll(
    Array.from({ length: 5_000 }, (_, i) => entry(`${i}`)),
    {
      signal: ended.signal,
      onResult: () => {
        if (++done === 100) ended.abort(new Error("enough"));
      },
    },
  );
  await at.clock.until(assertRejects(() => bulk, Error, "enough"));
  assert(at.index.names.length < 1_000);
});

Deno.test("IndexClient's end is told to those who wait, and harmless twice", async () => {
  const at = await stage();
  at.network.toIndex = () => [];
  const waiting = assertRejects(
    () => at.client.register(entry("a")),
    DOMException,
    "closed",
  );
  await at.clock.advance(100);
  await Promise.all([
    at.client[Symbol.asyncDispose](),
    at.client[Symbol.asyncDispose](),
  ]);
  await waiting;
  await assertRejects(() => at.client.hello(), DOMException);
  assertEquals(at.network.sockets.size, 0);
  assertEquals(at.clock.timers, 0);
});

Deno.test("IndexClient's first transaction number is not to be guessed", async () => {
  await using at = await stage();
  const starts = new Set<number>();
  for (let i = 0; i < 20; i++) {
    await using client = await at.open({ random: undefined });
    await at.clock.until(client.hello());
    starts.add(at.index.requests.at(-1)!.transaction);
  }
  assertEquals(starts.size, 20);
});

Deno.test("IndexClient does not take an error of another's for its own", async () => {
  await using at = await stage();
  await at.clock.until(at.client.hello());
  const { transaction } = at.index.requests.at(-1)!;
  const asking = at.client.register(entry("a"));
  const [socket] = at.network.sockets;
  for (const offset of [-1, 0, 2, 100]) {
    const forged = refuse({ transaction: (transaction + offset) >>> 0 }, {
      error: "FORBIDDEN",
    });
    at.network.deliver(socket!, forged);
  }
  await at.clock.until(asking);
  assertEquals(at.client.dropped.unmatched, 4);
});
