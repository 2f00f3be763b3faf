import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { IndexServer, type IndexServerOptions } from "../../index/server.ts";
import { contentName } from "../../protocol/name.ts";
import { DATAGRAM_BYTES, PDU_BYTES } from "../../protocol/pdu.ts";
import { PduBuffer } from "../../protocol/pdu_buffer.ts";
import type { Reply } from "../../protocol/reply.ts";
import { encodeSearch } from "../../protocol/request.ts";
import { permitted } from "../permission.ts";
import {
  acknowledged,
  decodeReplies,
  type Encode,
  headOf,
  helloOf,
  refusal,
  registerOf,
  signerOf,
} from "./test_peer.ts";

const NET = { net: true };
const LOOPBACK = { hostname: "127.0.0.1", port: 0 };

permitted(
  NET,
  "IndexServer.start() answers from the port that addr names",
  async () => {
    await using index = await start();
    using client = new Client(index);
    assert(index.addr.port > 0);
    acknowledged(headOf(await client.ask(registerOf("a.txt"))));
    const replies = await client.ask((pdus, head) =>
      encodeSearch(pdus, 0, { ...head, name: contentName("a.txt") })
    );
    assertEquals(replies.map((reply) => reply.type), ["A", "S"]);
    const { requests, registrations, owners, errors, sent } = index.stats();
    assertEquals(requests, { H: 0, R: 1, T: 0, S: 1, O: 0 });
    assertEquals([registrations, owners, errors.TOKEN, sent], [1, 1, 1, 3]);
  },
);

permitted(
  NET,
  "IndexServer.start() listens on every address where none is named",
  async () => {
    await using index = await IndexServer.start({ port: 0 });
    using client = new Client(index);
    acknowledged(headOf(await client.ask(helloOf())));
  },
);

permitted(
  NET,
  "IndexServer disposes twice, and its port is free again",
  async () => {
    const index = await start();
    const { port } = index.addr;
    await index[Symbol.asyncDispose]();
    await index[Symbol.asyncDispose]();
    await using again = await start({ port });
    assertEquals(again.addr.port, port);
  },
);

permitted(
  NET,
  "IndexServer stops while requests are on their way",
  async () => {
    for (let round = 0; round < 5; round++) {
      const index = await start();
      using client = new Client(index);
      for (let n = 0; n < 20; n++) {
        await client.send(
          client.datagram(helloOf()),
        );
      }
      await index[Symbol.asyncDispose]();
    }
  },
);

permitted(NET, "IndexServer.start() says why it cannot listen", async () => {
  await using index = await start();
  const { port } = index.addr;
  const error = await assertRejects(() => start({ port }), Error);
  assertStringIncludes(error.message, `127.0.0.1:${port}`);
  assertStringIncludes(error.message, "in use");
  await assertRejects(
    () => start({ hostname: "192.0.2.1" }),
    Error,
    "no such address",
  );
});

Deno.test("IndexServer.start() refuses what is out of range before it listens", async () => {
  await assertRejects(
    () => start({ limits: { maxRegistrations: 0 } }),
    RangeError,
    "max-registrations",
  );
  await assertRejects(() => start({ lease: { standard: 0 } }), RangeError);
});

permitted(
  NET,
  "datagrams of no length that is ours are dropped, the next is answered",
  async () => {
    await using index = await start();
    using client = new Client(index);
    const lengths = [0, 1, 100, 102, 1_213, 1_313, 9_999, 65_507];
    for (const length of lengths) await client.send(new Uint8Array(length));
    acknowledged(headOf(await client.ask(helloOf())));
    assertEquals(index.stats().dropped.length, lengths.length);
  },
);

permitted(
  NET,
  "a request that fails inside the index does not end it",
  async () => {
    const fault = Promise.withResolvers<unknown>();
    let broken = false;
    await using index = await start({
      clock: () => {
        if (broken) throw new Error("no time");
        return Date.now();
      },
      fault: fault.resolve,
    });
    using client = new Client(index);
    acknowledged(headOf(await client.ask(helloOf())));
    broken = true;
    await client.send(client.datagram(helloOf()));
    assertStringIncludes(`${await fault.promise}`, "no time");
    broken = false;
    acknowledged(headOf(await client.ask(helloOf())));
  },
);

permitted(NET, "a heartbeat's signature is not checked again", async () => {
  await using index = await start();
  using client = new Client(index);
  const key = signerOf(1);
  const wrong = { key: key.key, sign: signerOf(2).sign };
  const error = headOf(await client.ask(helloOf({}, wrong)));
  assertEquals(refusal(error), "SIGNATURE");
  acknowledged(headOf(await client.ask(helloOf({}, key))));
  acknowledged(headOf(await client.ask(helloOf({}, wrong))));
});

permitted(NET, "a reply as long as a datagram arrives whole", async () => {
  await using index = await start();
  using client = new Client(index);
  const name = `${"d/".repeat(300)}${"x".repeat(222)}`;
  acknowledged(headOf(await client.ask(registerOf(name))));
  const replies = await client.ask((pdus, head) =>
    encodeSearch(pdus, 0, { ...head, name: contentName(name) })
  );
  const [, source] = replies;
  assert(source?.type === "S");
  assertEquals(source.name as string, name);
});

permitted(
  NET,
  "answers to what one endpoint sent at once share datagrams, and nobody else's",
  async () => {
    await using index = await start();
    using one = new Client(index);
    using other = new Client(index);
    const name = contentName("a.txt");
    acknowledged(headOf(await one.ask(registerOf(name))));
    acknowledged(headOf(await other.ask(helloOf())));
    const before = index.stats().sent;
    const search: Encode = (pdus, head) =>
      encodeSearch(pdus, 0, { ...head, name });
    const asked = new Map<Client, number[]>([[one, []], [other, []]]);
    for (const client of [...Array(9).fill(one), ...Array(9).fill(other)]) {
      asked.get(client)!.push(client.transaction);
      await client.send(client.datagram(search));
    }
    for (const [client, transactions] of asked) {
      const answered: number[] = [];
      while (answered.length < transactions.length) {
        const replies = await client.receive();
        for (let n = 0; n < replies.length; n += 2) {
          acknowledged(headOf(replies.slice(n)));
          assertEquals(replies[n + 1]?.type, "S");
          assertEquals(replies[n + 1]?.transaction, replies[n]?.transaction);
          answered.push(replies[n]!.transaction);
        }
      }
      assertEquals(answered, transactions);
    }
    const { requests, sent } = index.stats();
    assertEquals(requests.S, 18);
    assert(sent - before < 18, `${sent - before} datagrams`);
  },
);

permitted(
  NET,
  "an index that starts again knows nothing, and refuses old tokens",
  async () => {
    const first = await start();
    const { port } = first.addr;
    using client = new Client(first);
    acknowledged(headOf(await client.ask(registerOf("a.txt"))));
    await first[Symbol.asyncDispose]();
    await using second = await start({ port });
    const [reply] = await client.once(helloOf());
    assertEquals(refusal(headOf([reply!])), "TOKEN");
    assertEquals(acknowledged(headOf(await client.ask(helloOf()))).count, 0);
    assertEquals(second.stats().registrations, 0);
  },
);

function start(options: IndexServerOptions = {}): Promise<IndexServer> {
  return IndexServer.start({ ...LOOPBACK, ...options });
}

/** A client at a real socket that waits for each reply. */
class Client implements Disposable {
  readonly #socket = Deno.listenDatagram({ ...LOOPBACK, transport: "udp" });
  readonly #to: Deno.NetAddr;
  #token = 0n;
  transaction = 1;

  constructor(index: IndexServer) {
    const { port } = index.addr;
    this.#to = { transport: "udp", hostname: "127.0.0.1", port };
  }

  datagram(encode: Encode): Uint8Array {
    const pdus = new PduBuffer(new Uint8Array(DATAGRAM_BYTES));
    const transaction = this.transaction++;
    return pdus.bytes.slice(
      0,
      encode(pdus, { transaction, token: this.#token }),
    );
  }

  async send(datagram: Uint8Array): Promise<void> {
    await this.#socket.send(datagram, this.#to);
  }

  /** Sends once, and again where there is no answer: nothing else is. */
  async once(encode: Encode): Promise<Reply[]> {
    await this.send(this.datagram(encode));
    const replies = await this.receive();
    const [head] = replies;
    if (head && "token" in head && head.token !== 0n) this.#token = head.token;
    return replies;
  }

  async receive(): Promise<Reply[]> {
    const [bytes] = await this.#socket.receive(new Uint8Array(2_048));
    assertEquals(bytes.length % PDU_BYTES, 0);
    assert(bytes.length <= DATAGRAM_BYTES);
    return decodeReplies(bytes.slice());
  }

  async ask(encode: Encode): Promise<Reply[]> {
    const replies = await this.once(encode);
    const [head] = replies;
    return head?.type === "E" && head.error === "TOKEN"
      ? await this.once(encode)
      : replies;
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}
