import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  IndexError,
  IndexUnreachableError,
  NotFoundError,
} from "../../peer/index_error.ts";
import { Session } from "../../peer/session.ts";
import { contentName, peerName } from "../../protocol/name.ts";
import { ALICE, stage } from "./client_fixture.ts";
import { many, play, shared } from "./session_fixture.ts";

const BOB = peerName("Bob");

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
