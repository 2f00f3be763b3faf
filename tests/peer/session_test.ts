import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  IndexError,
  IndexUnreachableError,
  NotFoundError,
} from "../../peer/index_error.ts";
import type { IndexClientOptions } from "../../peer/index_client.ts";
import {
  Session,
  type SessionEvent,
  type SessionOptions,
} from "../../peer/session.ts";
import { contentName, peerName } from "../../protocol/name.ts";
import {
  ALICE,
  METADATA,
  signer,
  type Stage,
  stage,
} from "./client_fixture.ts";

const BOB = peerName("Bob");

interface SessionStage extends Stage {
  readonly session: Session;
  readonly events: SessionEvent[];
}

/** A session on a stage of its own. */
async function play(
  client: Partial<IndexClientOptions> = {},
  options: Partial<SessionOptions> = {},
): Promise<SessionStage> {
  const at = await stage(client);
  const events: SessionEvent[] = [];
  const session = await at.clock.until(Session.open(at.client, {
    peer: ALICE,
    port: 6010,
    clock: at.clock,
    onEvent: (event) => events.push(event),
    ...options,
  }));
  return {
    ...at,
    session,
    events,
    async [Symbol.asyncDispose]() {
      await at.clock.until(session[Symbol.asyncDispose]());
      await at[Symbol.asyncDispose]();
    },
  };
}

/** Something to share. */
function shared(name: string) {
  return { name: contentName(name), metadata: METADATA };
}

function many(count: number) {
  return Array.from({ length: count }, (_, i) => shared(`file ${i}`));
}

Deno.test("Session renews its leases every third of them", async () => {
  await using at = await play();
  await at.clock.until(at.session.register(shared("a")));
  const before = at.index.count("H");
  await at.clock.advance(99_000);
  assertEquals(at.index.count("H"), before);
  await at.clock.advance(2_000);
  assert(at.index.count("H") > before);
  await at.clock.advance(1_000_000);
  const beats = at.index.count("H") - before;
  assert(beats >= 10 && beats <= 22, `${beats}`);
  assertEquals(at.events, []);
});

Deno.test("Session asks for the lease that is wanted and keeps to what is granted", async () => {
  await using at = await play({}, { lease: 30 });
  const hello = at.index.requests.find((request) => request.type === "H");
  assertEquals(hello!.lease, 30);
  assertEquals(hello!.port, 6010);
  assertEquals(at.session.lease, 300);
  at.index.lease = 60;
  await at.clock.advance(101_000);
  assertEquals(at.session.lease, 60);
});

Deno.test("Session registers everything again within a heartbeat of the index's restart", async () => {
  await using at = await play({ signer: signer() });
  await at.clock.until(at.session.registerAll(many(500)));
  at.index.restart();
  await at.clock.advance(102_000);
  assertEquals(at.index.registrations.size, 500);
  assertEquals(at.events, [{ type: "restored", count: 500 }]);
});

Deno.test("Session is quiet while the index is away, and recovers by itself", async () => {
  await using at = await play({ signer: signer() });
  await at.clock.until(at.session.registerAll(many(20)));
  const sent: number[] = [];
  at.network.toIndex = () => {
    sent.push(at.clock.now());
    return [];
  };
  await at.clock.advance(3_600_000);
  assertEquals(at.events.map(({ type }) => type), ["lost"]);
  const [lost] = at.events;
  assert(lost?.type === "lost" && lost.error instanceof IndexUnreachableError);
  assert(sent.length < 400, `${sent.length} datagrams in an hour`);
  at.index.restart();
  at.network.toIndex = () => [1];
  await at.clock.advance(62_000);
  assertEquals(at.index.registrations.size, 20);
  assertEquals(at.events.map(({ type }) => type), ["lost", "restored", "back"]);
});

Deno.test("Session keeps the name that each registration was made under", async () => {
  await using at = await play();
  await at.clock.until(at.session.register(shared("a")));
  at.session.rename(BOB);
  assertEquals(at.session.peer, BOB);
  await at.clock.until(at.session.register(shared("b")));
  assertEquals(at.index.names, ["Alice/a", "Bob/b"]);
  at.index.restart();
  await at.clock.advance(102_000);
  assertEquals(at.index.names, ["Alice/a", "Bob/b"]);
  await at.clock.until(at.session.deregister(contentName("a")));
  assertEquals(at.index.names, ["Bob/b"]);
});

Deno.test("Session de-registers a content under every name it has", async () => {
  await using at = await play();
  await at.clock.until(at.session.register(shared("a")));
  at.session.rename(BOB);
  await at.clock.until(at.session.register(shared("a")));
  assertEquals(at.index.names, ["Alice/a", "Bob/a"]);
  await at.clock.until(at.session.deregister(contentName("a")));
  assertEquals(at.index.names, []);
  assertEquals(at.session.registrations, []);
});

Deno.test("Session says that there is nothing to de-register", async () => {
  await using at = await play();
  await at.clock.until(assertRejects(
    () => at.session.deregister(contentName("a")),
    NotFoundError,
    "File does not exist",
  ));
});

Deno.test("Session de-registers what the index has lost already", async () => {
  await using at = await play();
  await at.clock.until(at.session.register(shared("a")));
  at.index.restart();
  await at.clock.until(at.session.deregister(contentName("a")));
  assertEquals(at.session.registrations, []);
});

Deno.test("Session keeps what could not be de-registered", async () => {
  await using at = await play();
  await at.clock.until(at.session.register(shared("a")));
  at.network.toIndex = () => [];
  await at.clock.until(assertRejects(
    () => at.session.deregister(contentName("a")),
    IndexUnreachableError,
  ));
  assertEquals(at.session.registrations.length, 1);
  at.network.toIndex = () => [1];
});

Deno.test("Session does not keep what the index refused", async () => {
  await using at = await play();
  at.index.judge = ({ type }) =>
    type === "R" ? { error: "NAME_TAKEN" } : undefined;
  await at.clock.until(assertRejects(
    () => at.session.register(shared("a")),
    IndexError,
    "Pick another user name",
  ));
  assertEquals(at.session.registrations, []);
});

Deno.test("Session says once what cannot be restored, and goes on trying", async () => {
  await using at = await play();
  await at.clock.until(at.session.registerAll([shared("a"), shared("b")]));
  at.index.restart();
  at.index.judge = (request) =>
    request.type === "R" && request.name === "a"
      ? { error: "NAME_TAKEN" }
      : undefined;
  await at.clock.advance(501_000);
  assertEquals(at.events.map(({ type }) => type), ["refused", "restored"]);
  assertEquals(at.index.names, ["Alice/b"]);
  assertEquals(
    at.session.registrations.map(({ name, registered }) => [
      String(name),
      registered,
    ]),
    [["a", false], ["b", true]],
  );
  at.index.judge = () => undefined;
  await at.clock.advance(101_000);
  assertEquals(at.index.names, ["Alice/a", "Alice/b"]);
});

Deno.test("Session removes what a crashed predecessor with its key left", async () => {
  const key = signer();
  await using before = await play({ signer: key });
  await before.clock.until(before.session.registerAll(many(30)));
  // It never says goodbye: the next process starts with the same key.
  const client = await before.open({ signer: key });
  const events: SessionEvent[] = [];
  const session = await before.clock.until(Session.open(client, {
    peer: ALICE,
    port: 6011,
    clock: before.clock,
    onEvent: (event) => events.push(event),
  }));
  await before.clock.until(session.registerAll(many(2)));
  await before.clock.until(session.renew());
  assertEquals(before.index.names, ["Alice/file 0", "Alice/file 1"]);
  assertEquals(events, [
    { type: "tidied", count: 28 },
    { type: "restored", count: 2 },
  ]);
  await before.clock.until(session[Symbol.asyncDispose]());
  await client[Symbol.asyncDispose]();
});

Deno.test("Session tidies once where an index goes on counting too many", async () => {
  await using at = await play();
  await at.clock.until(at.session.register(shared("a")));
  at.index.miscount = 5;
  await at.clock.advance(1_000_000);
  assertEquals(at.events.filter(({ type }) => type === "tidied").length, 1);
  assertEquals(at.index.names, ["Alice/a"]);
});

Deno.test("Session is not misled by what comes and goes during a heartbeat", async () => {
  await using at = await play();
  await at.clock.until(at.session.registerAll(many(300)));
  at.network.toIndex = () => [50];
  at.network.toClient = () => [50];
  for (let i = 0; i < 40; i++) {
    const renewing = at.session.renew();
    const going = at.session.deregister(contentName(`file ${i}`));
    const coming = at.session.register(shared(`new ${i}`));
    await at.clock.until(Promise.all([renewing, going, coming]));
  }
  assertEquals(at.events, []);
  assertEquals(at.index.registrations.size, 300);
});

Deno.test("Session never brings back what was de-registered while it restores", async () => {
  await using at = await play();
  await at.clock.until(at.session.registerAll(many(100)));
  at.index.restart();
  let n = 0;
  at.network.toIndex = () => n++ % 3 === 0 ? [] : [1 + n % 90];
  const renewing = at.session.renew();
  const going = many(100).slice(0, 50).map(({ name }) =>
    at.session.deregister(name)
  );
  await at.clock.until(Promise.all([renewing, ...going]));
  at.network.toIndex = () => [1];
  assertEquals(at.session.registrations.length, 50);
  await at.clock.until(at.session.renew());
  assertEquals(at.index.registrations.size, 50);
});

Deno.test("Session says goodbye at its end", async () => {
  const at = await play();
  await at.clock.until(at.session.registerAll(many(50)));
  at.session.rename(BOB);
  await at.clock.until(Promise.all([
    at.session[Symbol.asyncDispose](),
    at.session[Symbol.asyncDispose](),
  ]));
  assertEquals(at.index.names, []);
  await at[Symbol.asyncDispose]();
  assertEquals(at.clock.timers, 0);
});

Deno.test("Session waits two seconds for its goodbye, no longer", async () => {
  const at = await play();
  await at.clock.until(at.session.register(shared("a")));
  at.network.toIndex = () => [];
  const before = at.clock.now();
  await at.clock.until(at.session[Symbol.asyncDispose]());
  assertEquals(at.clock.now() - before, 2_000);
  await at[Symbol.asyncDispose]();
});

Deno.test("Session that registered nothing ends without a word", async () => {
  const at = await play();
  at.network.toIndex = () => [];
  const before = at.clock.now();
  await at.clock.until(at.session[Symbol.asyncDispose]());
  assertEquals(at.clock.now(), before);
  await at[Symbol.asyncDispose]();
});

Deno.test("Session's end is told to those who wait", async () => {
  const at = await play();
  await at.clock.until(at.session.register(shared("a")));
  at.network.toIndex = () => [];
  const waiting = assertRejects(
    () => at.session.register(shared("b")),
    DOMException,
    "ended",
  );
  await at.clock.until(at.session[Symbol.asyncDispose]());
  await waiting;
  await at[Symbol.asyncDispose]();
});

Deno.test("Session.open() says that the index does not answer", async () => {
  await using at = await stage();
  at.network.toIndex = () => [];
  await at.clock.until(assertRejects(
    () => Session.open(at.client, { peer: ALICE, port: 1, clock: at.clock }),
    IndexUnreachableError,
    "open a session",
  ));
  assertEquals(at.clock.timers, 0);
});
