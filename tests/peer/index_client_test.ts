import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { formatAddress } from "../../protocol/address.ts";
import { IndexError, NotFoundError } from "../../peer/index_error.ts";
import { contentName } from "../../protocol/name.ts";
import { ALICE, entry, METADATA, signer, stage } from "./client_fixture.ts";

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

Deno.test("IndexClient says in a hello which index it means", async () => {
  await using at = await stage({ signer: signer() });
  await at.clock.until(at.client.hello());
  const hello = at.index.requests.find(({ type }) => type === "H");
  assertEquals(
    hello?.type === "H" && formatAddress(hello.address),
    "192.0.2.1",
  );
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
