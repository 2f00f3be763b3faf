import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertRejects,
} from "@std/assert";
import { IndexUnreachableError } from "../../peer/index_error.ts";
import { PduBuffer } from "../../protocol/pdu_buffer.ts";
import { encodeAck } from "../../protocol/reply.ts";
import { entry, seeded, stage } from "./client_fixture.ts";
import { refuse } from "./fake_index.ts";

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
