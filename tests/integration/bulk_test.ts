import { assert, assertEquals } from "@std/assert";
import { IndexServer } from "../../index/server.ts";
import { sessionIdentity } from "../../peer/identity.ts";
import { IndexClient } from "../../peer/index_client.ts";
import { Session, type SessionEvent } from "../../peer/session.ts";
import { contentName, peerName } from "../../protocol/name.ts";
import { METADATA } from "../peer/client_fixture.ts";
import { FakeClock } from "../peer/fake_clock.ts";
import { permitted } from "../permission.ts";

const ALICE = peerName("Alice");

/** An index, on a given port or any. */
function startIndex(port = 0): Promise<IndexServer> {
  return IndexServer.start({ hostname: "127.0.0.1", port });
}

function openClient(index: IndexServer): Promise<IndexClient> {
  return IndexClient.open({
    index: index.addr,
    peer: ALICE,
    signer: sessionIdentity(),
  });
}

function many(count: number) {
  return Array.from({ length: count }, (_, i) => ({
    peer: ALICE,
    name: contentName(`a folder of many/file number ${i}.txt`),
    port: 6010,
    metadata: METADATA,
  }));
}

permitted(
  { net: true },
  "10,000 files are registered in bulk, several to a datagram",
  async () => {
    await using index = await startIndex();
    await using client = await openClient(index);
    const results = await client.registerAll(many(10_000));
    assertEquals(results.filter(({ error }) => error), []);
    const { registrations, datagrams } = index.stats();
    assertEquals(registrations, 10_000);
    assert(datagrams < 10_000, `${datagrams} datagrams`);
  },
);

permitted(
  { net: true },
  "what was registered in bulk is found, listed and de-registered in bulk",
  async () => {
    await using index = await startIndex();
    await using client = await openClient(index);
    const entries = many(2_000);
    await client.registerAll(entries);
    const found = await client.searchAll(entries.map(({ name }) => ({ name })));
    for (const { value, item } of found) {
      const [source] = value!.sources;
      assertEquals(source!.name, item.name);
      assertEquals(source!.hostname, "127.0.0.1");
    }
    const listed = await Array.fromAsync(await client.list());
    assertEquals(
      listed.map(({ name }) => name).sort(),
      entries.map(({ name }) => name).sort(),
    );
    await client.deregisterAll(entries);
    assertEquals(index.stats().registrations, 0);
    assertEquals((await client.list()).count, 0);
  },
);

permitted(
  { net: true },
  "several peers register in bulk at the same time, none is lost",
  async () => {
    await using index = await startIndex();
    await using clients = new AsyncDisposableStack();
    const bulks = [1, 2, 3, 4].map(async (n) => {
      const client = clients.use(await openClient(index));
      const peer = peerName(`Peer ${n}`);
      const entries = many(2_000).map((entry) => ({ ...entry, peer }));
      return await client.registerAll(entries);
    });
    for (const results of await Promise.all(bulks)) {
      assertEquals(results.filter(({ error }) => error), []);
    }
    assertEquals(index.stats().registrations, 8_000);
  },
);

permitted(
  { net: true },
  "a session is whole again one heartbeat after its index was replaced",
  async () => {
    const clock = new FakeClock();
    const first = await startIndex();
    await using client = await openClient(first);
    const events: SessionEvent[] = [];
    const restored = Promise.withResolvers<void>();
    await using session = await Session.open(client, {
      peer: ALICE,
      port: 6010,
      clock, // Heartbeats go by it, the client by the real one.
      onEvent: (event) => {
        events.push(event);
        if (event.type === "restored") restored.resolve();
      },
    });
    await session.registerAll(many(1_000));
    await first[Symbol.asyncDispose]();
    await using second = await startIndex(first.addr.port);
    assertEquals(second.stats().registrations, 0);
    await clock.advance(session.lease * 1_000 / 3 + 1);
    await restored.promise;
    assertEquals(second.stats().registrations, 1_000);
    assertEquals(events, [{ type: "restored", count: 1_000 }]);
    await session[Symbol.asyncDispose](); // While there is an index to tell.
    assertEquals(second.stats().registrations, 0);
  },
);

permitted(
  { net: true },
  "a session takes its registrations over from a crashed predecessor",
  async () => {
    const clock = new FakeClock();
    await using index = await startIndex();
    const signer = sessionIdentity();
    const open = () =>
      IndexClient.open({ index: index.addr, peer: ALICE, signer });
    {
      await using crashed = await open();
      await crashed.hello();
      await crashed.registerAll(many(50));
    }
    await using client = await open();
    await using session = await Session.open(client, {
      peer: ALICE,
      port: 6011,
      clock,
    });
    await session.registerAll(many(3));
    assertEquals(index.stats().registrations, 50);
    await session.renew();
    assertEquals(index.stats().registrations, 3);
    const { name } = many(1)[0]!;
    const { sources } = await client.search({ name });
    assertEquals(sources.map(({ port }) => port), [6011]);
  },
);
