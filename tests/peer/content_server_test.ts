import { assert, assertEquals, assertRejects } from "@std/assert";
import { ContentServer } from "../../peer/content_server.ts";
import { writeAll } from "../../peer/pdu_stream.ts";
import { type SharedContent, ShareTable } from "../../peer/share_table.ts";
import {
  DOWNLOAD_KIND,
  type DownloadFields,
  encodeDownload,
} from "../../protocol/download.ts";
import { decodeGrant } from "../../protocol/download.ts";
import { decodeError } from "../../protocol/error_reply.ts";
import type { Digest } from "../../protocol/digest.ts";
import { DOWNLOAD } from "../../protocol/layout.ts";
import { contentName, peerName } from "../../protocol/name.ts";
import { PDU_BYTES } from "../../protocol/pdu.ts";
import { PduBuffer } from "../../protocol/pdu_buffer.ts";
import { permitted, tempDir } from "../permission.ts";
import { FakeClock } from "./fake_clock.ts";
import { idle } from "./real_work.ts";
import {
  bytesOf,
  contentOf,
  framed,
  NAME,
  randomOf,
  shareFile,
  TRANSFER,
} from "./transfer_fixture.ts";

const CONTENT = contentOf(bytesOf(300_007));
const PEER = peerName("client");

permitted(
  TRANSFER,
  "ContentServer sends content, hashes, metadata",
  async () => {
    await using server = await serve();
    using client = await server.client();
    const { metadata, bytes, pieceHashes } = CONTENT;
    assertEquals(await client.ask({}), { length: bytes.length, metadata });
    assertEquals(await client.content(bytes.length), bytes);
    assertEquals(await client.ask({ offset: 99, length: 202 }), {
      length: 202,
      metadata,
    });
    assertEquals(await client.content(202), bytes.slice(99, 301));
    assertEquals(await client.ask({ offset: bytes.length }), {
      length: 0,
      metadata,
    });
    assertEquals(await client.ask({ kind: DOWNLOAD_KIND.HASHES }), {
      length: 64,
      metadata,
    });
    assertEquals(await client.content(64), pieceHashes);
    const hashes = { kind: DOWNLOAD_KIND.HASHES, exponent: 18, offset: 32 };
    assertEquals(await client.ask(hashes), { length: 32, metadata });
    assertEquals(await client.content(32), pieceHashes.slice(32));
    assertEquals(
      await client.ask({ kind: DOWNLOAD_KIND.METADATA, offset: 1e12 }),
      { length: 0, metadata },
    );
    assertEquals(await client.ask({ digest: metadata.digest, length: 0 }), {
      length: 0,
      metadata,
    });
  },
);

permitted(TRANSFER, "ContentServer refuses what it must", async () => {
  await using server = await serve();
  using client = await server.client();
  const size = CONTENT.bytes.length;
  const digest = new Uint8Array(32).fill(7) as Uint8Array as Digest;
  const name = contentName("films/b.bin");
  const refused: [Partial<DownloadFields>, string][] = [
    [{ name }, "NOT_FOUND"],
    [{ name: contentName("films") }, "NOT_FOUND"],
    [{ name: contentName("a.bin") }, "NOT_FOUND"],
    [{ name: contentName("FILMS/a.bin") }, "NOT_FOUND"],
    [{ digest }, "CHANGED"],
    [{ offset: size + 1 }, "RANGE"],
    [{ offset: 1, length: size }, "RANGE"],
    [{ length: size + 1 }, "RANGE"],
    [{ offset: 2 ** 44, length: 2 ** 52 }, "RANGE"],
    [{ kind: 9 }, "UNSUPPORTED"],
    [{ kind: DOWNLOAD_KIND.HASHES, exponent: 19 }, "UNSUPPORTED"],
    [{ kind: DOWNLOAD_KIND.HASHES, offset: 65 }, "RANGE"],
  ];
  for (const [request, error] of refused) {
    assertEquals(await client.ask(request), error);
  }
  assertEquals(await client.ask({}, { version: 2 }), "VERSION");
  // After all of that, the connection still works.
  assertEquals(await client.ask({ length: 1 }), {
    length: 1,
    metadata: CONTENT.metadata,
  });
  assertEquals(server.counts.refused, refused.length + 1);
});

permitted(TRANSFER, "ContentServer serves exactly its table", async () => {
  await using server = await serve();
  using client = await server.client();
  const granted = { length: 1, metadata: CONTENT.metadata };
  assertEquals(await client.ask({ length: 1 }), granted);
  await client.content(1);
  server.shares.remove(NAME);
  assertEquals(await client.ask({ length: 1 }), "NOT_FOUND");
  server.shares.add(server.content);
  assertEquals(await client.ask({ length: 1 }), granted);
});

permitted(
  TRANSFER,
  "ContentServer answers requests that are ahead",
  async () => {
    await using server = await serve();
    using client = await server.client();
    const random = randomOf(5);
    const wanted = Array.from({ length: 300 }, () => {
      const offset = Math.floor(random() * 300_000);
      const length = Math.floor(random() * Math.min(5_000, 300_007 - offset));
      return { offset, length };
    });
    const sending = (async () => {
      for (const request of wanted) await client.send(request);
    })();
    for (const { offset, length } of wanted) {
      const granted = await client.grant();
      assertEquals(granted, { length, metadata: CONTENT.metadata });
      assertEquals(
        await client.content(length),
        CONTENT.bytes.slice(offset, offset + length),
      );
    }
    await sending;
  },
);

permitted(TRANSFER, "ContentServer reads requests byte by byte", async () => {
  await using server = await serve();
  using client = await server.client();
  const name = contentName(`${"long name/".repeat(20)}x`);
  const { digest } = CONTENT.metadata;
  for (const byte of requestBytes({ name, digest })) {
    await client.raw(new Uint8Array([byte]));
  }
  assertEquals(await client.grant(), "NOT_FOUND");
  for (const byte of requestBytes({ digest, length: 5 })) {
    await client.raw(new Uint8Array([byte]));
  }
  assertEquals(await client.grant(), {
    length: 5,
    metadata: CONTENT.metadata,
  });
});

permitted(
  TRANSFER,
  "ContentServer takes along what came with a D that does not count",
  async () => {
    await using server = await serve();
    using client = await server.client();
    const digest = new Uint8Array(32).fill(7) as Uint8Array as Digest;
    const request = requestBytes({ digest });
    request[1 + DOWNLOAD.following.offset] = 0;
    await client.raw(request);
    assertEquals(await client.grant(), "CHANGED");
    // Alone, it is not waited for.
    await client.raw(request.subarray(0, PDU_BYTES));
    assertEquals(await client.grant(), {
      length: CONTENT.bytes.length,
      metadata: CONTENT.metadata,
    });
  },
);

permitted(TRANSFER, "ContentServer skips and refuses other types", async () => {
  await using server = await serve();
  using client = await server.client();
  const pdu = new Uint8Array(PDU_BYTES);
  for (const type of "az") await client.raw(pdu.fill(type.charCodeAt(0), 0, 1));
  const types = "ABCEFGHIJKLMNOPQRSTUVWXYZ";
  for (const type of types) {
    await client.raw(pdu.fill(type.charCodeAt(0), 0, 1));
  }
  await client.send({ length: 1 });
  for (const _ of types) assertEquals(await client.grant(), "UNSUPPORTED");
  assertEquals(await client.grant(), {
    length: 1,
    metadata: CONTENT.metadata,
  });
});

permitted(
  TRANSFER,
  "ContentServer closes after what it cannot read",
  async () => {
    await using server = await serve();
    const good = requestBytes({});
    const changed = (at: number, value: number, bytes = good) => {
      const copy = bytes.slice();
      copy[at] = value;
      return copy;
    };
    const long = requestBytes({ name: contentName(`${"x/".repeat(40)}x`) });
    const garbage: Uint8Array[] = [
      new Uint8Array(PDU_BYTES),
      new TextEncoder().encode(
        "GET / HTTP/1.1\\r\\nHost: x\\r\\n".padEnd(101, "x"),
      )
        .fill(0x30, 0, 1),
      new Uint8Array(PDU_BYTES).fill(0xff),
      changed(1 + DOWNLOAD.following.offset, 10),
      changed(1 + DOWNLOAD.following.offset, 255),
      changed(1 + DOWNLOAD.name.offset, 0x2f),
      changed(1 + DOWNLOAD.name.offset, 0),
      changed(1 + DOWNLOAD.name.offset + 2, 0xff),
      changed(1 + DOWNLOAD.peer.offset, 0x1b),
      changed(1 + DOWNLOAD.offset.offset, 0xff),
      // It says that an `m` follows, and a D does.
      new Uint8Array([
        ...changed(1 + DOWNLOAD.following.offset, 1),
        ...requestBytes({}),
      ]),
      // A name that goes on where it had ended.
      changed(PDU_BYTES - 1, 0, long),
    ];
    for (const bytes of garbage) {
      using client = await server.client();
      await client.raw(bytes);
      assertEquals(await client.grant(), "MALFORMED");
      assertEquals(await client.grant(), "closed");
    }
  },
);

permitted(TRANSFER, "ContentServer survives random bytes", async () => {
  await using server = await serve();
  for (let seed = 1; seed <= 50; seed++) {
    using client = await server.client();
    const bytes = bytesOf(2_020, seed);
    if (seed % 2) bytes.set(requestBytes({ length: 3 }), 0);
    await client.raw(bytes).catch(() => {});
    client.closeWrite();
    while (await client.skip());
  }
  using client = await server.client();
  assertEquals(await client.ask({ length: 0 }), {
    length: 0,
    metadata: CONTENT.metadata,
  });
});

permitted(
  TRANSFER,
  "ContentServer notices that a file has changed",
  async () => {
    await using server = await serve();
    using client = await server.client();
    const { path } = server.content;
    assertEquals(await client.ask({ length: 1 }), {
      length: 1,
      metadata: CONTENT.metadata,
    });
    await client.content(1);
    const changes: (() => Promise<void>)[] = [
      () => Deno.writeFile(path, new Uint8Array(300_007)),
      () => Deno.truncate(path, 5),
      () => Deno.writeFile(path, bytesOf(300_008)),
    ];
    for (const change of changes) {
      await change();
      assertEquals(await client.ask({ length: 1 }), "CHANGED");
      using other = await server.client();
      assertEquals(await other.ask({ length: 1 }), "CHANGED");
    }
    await Deno.remove(path);
    using other = await server.client();
    assertEquals(await other.ask({ length: 1 }), "UNREADABLE");
    await Deno.mkdir(path);
    using third = await server.client();
    assertEquals(await third.ask({ length: 1 }), "CHANGED");
  },
);

permitted(
  TRANSFER,
  "ContentServer sends nothing of a file that came between look and opening",
  async () => {
    const content = contentOf(bytesOf(5_000));
    const { metadata, bytes } = content;
    const length = bytes.length;
    for (const nth of [1, 2]) {
      await using server = await serve({ content });
      using client = await server.client();
      const { path } = server.content;
      await Deno.writeFile(`${path}.new`, bytesOf(length, 2));
      using _ = atOpening(
        path,
        nth,
        () => Deno.renameSync(`${path}.new`, path),
      );
      // The second one is there already when the first is answered, and is
      // small: it is read before it is answered for.
      const request = requestBytes({ length });
      await client.raw(new Uint8Array([...request, ...request]));
      if (nth > 1) {
        assertEquals(await client.grant(), { length, metadata });
        assertEquals(await client.content(length), bytes);
      }
      assertEquals(await client.grant(), nth > 1 ? "CHANGED" : "closed");
      using other = await server.client();
      assertEquals(await other.ask({ length }), "CHANGED");
    }
  },
);

permitted(
  TRANSFER,
  "ContentServer closes when a file changes while it is sent",
  async () => {
    const content = contentOf(bytesOf(40 * 2 ** 20));
    await using server = await serve({ content });
    using client = await server.client();
    assertEquals(await client.ask({}), {
      length: content.bytes.length,
      metadata: content.metadata,
    });
    // More than all buffers on the way hold is still to be read.
    await Deno.utime(server.content.path, new Date(), new Date());
    let received = 0;
    for (let count; (count = await client.skip()); received += count);
    assert(received < framed(content.bytes).length);
  },
);

permitted(TRANSFER, "ContentServer turns too many away", async () => {
  await using server = await serve({ maxConnections: 3, maxPerAddress: 2 });
  using one = await server.client();
  using two = await server.client();
  assertEquals(await one.ask({ length: 0 }), grantOf(0));
  assertEquals(await two.ask({ length: 0 }), grantOf(0));
  {
    using three = await server.client();
    assertEquals(await three.grant(), "BUSY");
    assertEquals(await three.grant(), "closed");
  }
  assertEquals(server.counts.turnedAway, 1);
  one[Symbol.dispose]();
  await server.closed(1);
  using four = await server.client();
  assertEquals(await four.ask({ length: 0 }), grantOf(0));
});

permitted(
  TRANSFER,
  "ContentServer closes who asks nothing for those who find no room",
  async () => {
    for (const most of [{ maxConnections: 2 }, { maxPerAddress: 2 }]) {
      const clock = new FakeClock();
      await using server = await serve({ clock, ...most });
      using one = await server.client();
      await server.opened(1);
      await clock.advance(1_000);
      using two = await server.client();
      await server.opened(2);
      await clock.advance(3_999);
      using early = await server.client();
      assertEquals(await early.grant(), "BUSY");
      // Who has asked lately stays.
      assertEquals(await one.ask({ length: 0 }), grantOf(0));
      await clock.advance(1_001);
      using three = await server.client();
      assertEquals(await three.ask({ length: 0 }), grantOf(0));
      assertEquals(await two.grant(), "closed");
      assertEquals(await one.ask({ length: 0 }), grantOf(0));
      assertEquals(server.counts.turnedAway, 1);
    }
  },
);

permitted(TRANSFER, "ContentServer closes who asks nothing", async () => {
  const clock = new FakeClock();
  await using server = await serve({ clock });
  using client = await server.client();
  await server.opened(1);
  await client.raw(requestBytes({}).subarray(0, 50));
  assertEquals(await moveUntil(clock, client.grant()), "closed");
  assert(clock.now() >= 10_000);

  using other = await server.client();
  assertEquals(await other.ask({ length: 0 }), grantOf(0));
  await clock.advance(60_000);
  assertEquals(await other.ask({ length: 0 }), grantOf(0));
  const askedAt = clock.now();
  assertEquals(await moveUntil(clock, other.grant()), "closed");
  assert(clock.now() - askedAt >= 120_000);
});

permitted(TRANSFER, "ContentServer closes who does not read", async () => {
  const clock = new FakeClock();
  const content = contentOf(bytesOf(40 * 2 ** 20));
  await using server = await serve({ clock, content });
  using client = await server.client();
  await client.send({});
  assertEquals(await client.grant(), {
    length: content.bytes.length,
    metadata: content.metadata,
  });
  await clock.until(server.closed(0));
  assert(clock.now() >= 30_000);
  let received = 0;
  for (let count; (count = await client.skip()); received += count);
  assert(received < framed(content.bytes).length);
  assertEquals(clock.timers, 0);
});

permitted(TRANSFER, "ContentServer lets uploads wait in turn", async () => {
  await using server = await serve({ maxUploads: 1 });
  const clients = await Promise.all(
    Array.from({ length: 5 }, () => server.client()),
  );
  try {
    await Promise.all(clients.map(async (client) => {
      for (let i = 0; i < 5; i++) {
        assertEquals(await client.ask({ offset: 7 }), grantOf(300_000));
        assertEquals(await client.content(300_000), CONTENT.bytes.slice(7));
      }
    }));
  } finally {
    for (const client of clients) client[Symbol.dispose]();
  }
});

permitted(
  TRANSFER,
  "ContentServer lets no client that takes its time keep others waiting",
  async () => {
    const clock = new FakeClock();
    const content = contentOf(bytesOf(40 * 2 ** 20));
    await using server = await serve({ clock, content, maxUploads: 1 });
    using slow = await server.client();
    await slow.send({});
    await slow.grant();
    using quick = await server.client();
    await quick.send({ length: 300 });
    const { metadata, bytes } = content;
    const granted = await moveUntil(clock, quick.grant(), { stepMs: 1 });
    assertEquals(granted, { length: 300, metadata });
    assertEquals(await quick.content(300), bytes.slice(0, 300));
    assert(clock.now() < 20_000);
    // It goes on, and gets all.
    assertEquals(await slow.content(bytes.length), bytes);
  },
);

permitted(TRANSFER, "ContentServer ends when it is disposed of", async () => {
  const server = await serve();
  using client = await server.client();
  assertEquals(await client.ask({ length: 0 }), grantOf(0));
  await server[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  assertEquals(await client.grant(), "closed");
  await assertRejects(() => server.client(), Deno.errors.ConnectionRefused);
});

permitted(
  TRANSFER,
  "ContentServer.listen() names a port that is taken",
  async () => {
    await using server = await serve();
    const { hostname, port } = server.addr;
    await assertRejects(
      async () => {
        await using _ = ContentServer.listen({
          hostname,
          port,
          shares: new ShareTable(),
        });
      },
      Error,
      `Cannot listen at ${hostname} port ${port} (TCP): the port is in use`,
    );
  },
);

/** Moves a clock on, in small steps, until something came through a socket. */
async function moveUntil<T>(
  clock: FakeClock,
  promise: Promise<T>,
  { stepMs = 1_000 } = {},
): Promise<T> {
  let came = false;
  const watch = promise.then(() => came = true, () => came = true);
  while (!came) await clock.advance(stepMs);
  await watch;
  return promise;
}

function grantOf(length: number) {
  return { length, metadata: CONTENT.metadata };
}

function requestBytes(
  fields: Partial<DownloadFields>,
  { version = 1 } = {},
): Uint8Array {
  const pdus = new PduBuffer(new Uint8Array(10 * PDU_BYTES));
  const end = encodeDownload(pdus, 0, {
    transaction: 77,
    peer: PEER,
    name: NAME,
    ...fields,
  });
  pdus.setU8(0, DOWNLOAD.version, version);
  // What this version has for counts and names, another may use for anything.
  if (version !== 1) pdus.bytes.fill(0xff, 24, PDU_BYTES);
  return pdus.bytes.slice(0, end);
}

/** Does something just before a file is opened for the `nth` time. */
function atOpening(path: string, nth: number, then: () => void): Disposable {
  const { openSync } = Deno;
  let opened = 0;
  Deno.openSync = (file, options) => {
    if (file === path && ++opened === nth) then();
    return openSync(file, options);
  };
  return { [Symbol.dispose]: () => Object.assign(Deno, { openSync }) };
}

/** A client that says what it is told to, and reads what comes. */
class Client implements Disposable {
  readonly #conn: Deno.TcpConn;
  #closed = false;

  constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  raw(bytes: Uint8Array): Promise<void> {
    return writeAll(this.#conn, bytes);
  }

  send(fields: Partial<DownloadFields>): Promise<void> {
    return this.raw(requestBytes(fields));
  }

  closeWrite(): void {
    this.#conn.closeWrite().catch(() => {});
  }

  /** What the next answer is: a grant, the name of an error, or the end. */
  async grant() {
    const first = await this.#read(PDU_BYTES);
    if (!first) return "closed";
    const pdus = new PduBuffer(new Uint8Array(2 * PDU_BYTES));
    pdus.bytes.set(first);
    if (first[0] === 0x45) {
      return decodeError(pdus, { start: 0, end: PDU_BYTES }).error;
    }
    pdus.bytes.set((await this.#read(PDU_BYTES))!, PDU_BYTES);
    const grant = decodeGrant(pdus, { start: 0, end: 2 * PDU_BYTES });
    assertEquals(grant.transaction, 77);
    return { length: grant.length, metadata: grant.metadata };
  }

  async ask(fields: Partial<DownloadFields>, options?: { version: number }) {
    await this.raw(requestBytes(fields, options));
    return await this.grant();
  }

  /** The content of the next `C` PDUs. */
  async content(length: number): Promise<Uint8Array> {
    const pdus = (await this.#read(Math.ceil(length / 100) * PDU_BYTES))!;
    const bytes = new Uint8Array(pdus.length / PDU_BYTES * 100);
    for (let i = 0; i * PDU_BYTES < pdus.length; i++) {
      assertEquals(pdus[i * PDU_BYTES], 0x43);
      const from = i * PDU_BYTES + 1;
      bytes.set(pdus.subarray(from, from + 100), i * 100);
    }
    assert(bytes.subarray(length).every((byte) => byte === 0));
    return bytes.subarray(0, length);
  }

  /** Reads anything; 0 at the end. */
  async skip(): Promise<number> {
    try {
      return await this.#conn.read(new Uint8Array(65_536)) ?? 0;
    } catch {
      return 0;
    }
  }

  [Symbol.dispose](): void {
    if (!this.#closed) this.#conn.close();
    this.#closed = true;
  }

  async #read(length: number): Promise<Uint8Array | undefined> {
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length;) {
      const count = await this.#conn.read(bytes.subarray(done)).catch(() =>
        null
      );
      if (count === null) return undefined;
      done += count;
    }
    return bytes;
  }
}

interface ServeOptions {
  readonly content?: typeof CONTENT;
  readonly clock?: FakeClock;
  readonly maxConnections?: number;
  readonly maxPerAddress?: number;
  readonly maxUploads?: number;
}

/** Serves a file; no client is too slow unless a test moves the clock. */
async function serve(
  { content = CONTENT, clock = new FakeClock(), ...options }: ServeOptions = {},
) {
  const dir = await tempDir();
  const shares = new ShareTable();
  const shared: SharedContent = await shareFile(dir.path, content);
  shares.add(shared);
  const server = ContentServer.listen({
    hostname: "127.0.0.1",
    shares,
    clock,
    ...options,
  });
  const until = async (open: number) => {
    while (server.counts.connections !== open) await idle();
  };
  return {
    shares,
    content: shared,
    get addr() {
      return server.addr;
    },
    get counts() {
      return server.counts;
    },
    async client() {
      return new Client(await Deno.connect(server.addr));
    },
    /** Waits until so many connections are open. */
    opened: until,
    closed: until,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await dir[Symbol.asyncDispose]();
    },
  };
}
