import { assert, assertEquals } from "@std/assert";
import { IndexUnreachableError } from "../../peer/index_error.ts";
import { Session, type SessionEvent } from "../../peer/session.ts";
import { contentName } from "../../protocol/name.ts";
import { ALICE, signer } from "./client_fixture.ts";
import { many, play, shared } from "./session_fixture.ts";

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
