import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { IndexClient } from "../../peer/index_client.ts";
import { IndexUnreachableError } from "../../peer/index_error.ts";
import type { DatagramSocket } from "../../peer/index_socket.ts";
import { contentName } from "../../protocol/name.ts";
import { permitted } from "../permission.ts";
import { ALICE, entry, signer, stage } from "./client_fixture.ts";
import { FakeClock } from "./fake_clock.ts";
import { FakeIndex } from "./fake_index.ts";

/** A small index at a real socket. */
function serve(index: FakeIndex, hostname: string): AsyncDisposable & {
  port: number;
} {
  const socket = Deno.listenDatagram({ transport: "udp", hostname, port: 0 });
  const serving = (async () => {
    try {
      for (;;) {
        const [bytes, from] = await socket.receive();
        const { hostname, port } = from as Deno.NetAddr;
        for (const reply of index.handle(bytes, `${hostname} ${port}`)) {
          await socket.send(reply, from);
        }
      }
    } catch (error) {
      if (error instanceof Deno.errors.Interrupted) return;
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  })();
  return {
    port: (socket.addr as Deno.NetAddr).port,
    async [Symbol.asyncDispose]() {
      socket.close();
      await serving;
    },
  };
}

for (const hostname of ["127.0.0.1", "::1"]) {
  permitted(
    { net: true },
    `IndexClient works over UDP at ${hostname}`,
    async () => {
      const index = new FakeIndex();
      await using server = serve(index, hostname);
      await using client = await IndexClient.open({
        index: { hostname, port: server.port },
        peer: ALICE,
        signer: signer(),
      });
      const names = Array.from({ length: 100 }, (_, i) => `${i}`);
      await client.registerAll(names.map((name) => entry(name)));
      assertEquals(index.registrations.size, 100);
      const { sources } = await client.search({ name: contentName("7") });
      assertEquals(sources[0]!.hostname, hostname);
    },
  );
}

for (const addresses of [["192.0.2.1", "::2"], ["::2", "192.0.2.1"]]) {
  Deno.test(`IndexClient keeps the one of ${addresses} that answers`, async () => {
    await using at = await stage();
    await using client = await at.open({
      index: { hostname: "index.example", port: 60000 },
      resolve: () => Promise.resolve(addresses),
    });
    assertEquals(at.network.sockets.size, 3);
    await at.clock.until(client.register(entry("a")));
    assertEquals(at.network.sockets.size, 2);
    assertEquals(client.index, "index.example:60000");
    const { sources } = await at.clock.until(
      client.search({ name: contentName("a") }),
    );
    assertEquals(sources[0]!.hostname, "192.0.2.1");
    // A double of an answer through the socket that was given up is nothing.
    await at.clock.until(client.deregister(entry("a")));
  });
}

permitted(
  { net: true },
  'IndexClient finds an index at "localhost"',
  async () => {
    const index = new FakeIndex();
    await using server = serve(index, "127.0.0.1");
    await using client = await IndexClient.open({
      index: { hostname: "localhost", port: server.port },
      peer: ALICE,
    });
    await client.hello();
  },
);

permitted(
  { net: true },
  "IndexClient.open() says that a host name is unknown",
  async () => {
    const error = await assertRejects(() =>
      IndexClient.open({
        index: { hostname: "no-such-host.invalid", port: 60000 },
        peer: ALICE,
      }), Error);
    assertMatch(error.message, /index host "no-such-host\.invalid": check/);
  },
);

Deno.test("IndexClient.open() ends with its signal", async () => {
  await assertRejects(
    () =>
      IndexClient.open({
        index: { hostname: "192.0.2.1", port: 60000 },
        peer: ALICE,
        signal: AbortSignal.abort(new Error("enough")),
      }),
    Error,
    "enough",
  );
});

Deno.test("IndexClient.open() refuses what is no port", async () => {
  for (const port of [0, -1, 65_536, 1.5, NaN]) {
    await assertRejects(
      () => IndexClient.open({ index: { hostname: "::1", port }, peer: ALICE }),
      RangeError,
      `${port}`,
    );
  }
});

/** A socket that fails as it is told. */
class BrokenSocket implements DatagramSocket {
  receives = 0;
  readonly #fail: () => Error;
  #closed: PromiseWithResolvers<never> = Promise.withResolvers();

  constructor(fail: () => Error) {
    this.#fail = fail;
    this.#closed.promise.catch(() => {});
  }

  receive(): Promise<[Uint8Array, Deno.Addr]> {
    if (this.receives++ < 30) return Promise.reject(this.#fail());
    return this.#closed.promise;
  }

  send(): Promise<number> {
    return Promise.reject(this.#fail());
  }

  close(): void {
    this.#closed.reject(new Deno.errors.Interrupted("closed"));
  }
}

Deno.test("IndexClient outlives errors of its socket, and tells the last one", async () => {
  const clock = new FakeClock();
  const socket = new BrokenSocket(() => new Deno.errors.ConnectionReset("no"));
  await using client = await IndexClient.open({
    index: { hostname: "192.0.2.1", port: 60000 },
    peer: ALICE,
    clock,
    bind: () => socket,
  });
  const error = await clock.until(
    assertRejects(() => client.hello(), IndexUnreachableError),
  );
  assert(error.cause instanceof Deno.errors.ConnectionReset);
  assertEquals(socket.receives, 31);
});

Deno.test("IndexClient goes on with one family where the machine lacks the other", async () => {
  await using at = await stage();
  const open = (addresses: string[]) =>
    at.open({
      index: { hostname: "index.example", port: 60000 },
      resolve: () => Promise.resolve(addresses),
      bind: (hostname) => {
        if (hostname !== "::") return at.network.bind(hostname);
        throw new Deno.errors.AddrNotAvailable("no IPv6 here");
      },
    });
  await using client = await open(["::2", "192.0.2.1"]);
  await at.clock.until(client.hello());
  const error = await assertRejects(() => open(["::2"]), Error);
  assertMatch(error.message, /no UDP socket can be bound/);
  assert(error.cause instanceof Deno.errors.AddrNotAvailable);
});
