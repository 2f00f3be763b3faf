import { assert, assertEquals } from "@std/assert";
import { Hasher } from "../../peer/hasher.ts";
import type { Source } from "../../peer/source.ts";
import { peerName } from "../../protocol/name.ts";
import { permitted, tempDir } from "../permission.ts";
import { FakeClock } from "./fake_clock.ts";
import { MemoryServer } from "./memory_server.ts";
import {
  bytesOf,
  contentOf,
  fetchInto,
  NAME,
  randomOf,
  shareFile,
} from "./transfer_fixture.ts";

const PEERS = 8;
const LIMIT_UP = 1_000_000;

permitted(
  { read: true, write: true },
  "a crowd of eight has its only source send little more than one copy",
  async () => {
    await using hasher = new Hasher({ threads: 1, hereBytes: Infinity });
    await using dir = await tempDir({ inMemory: true });
    const content = contentOf(bytesOf(32 * 2 ** 18 - 9));
    const clock = new FakeClock();
    await using owned = new AsyncDisposableStack();
    const servers = Array.from(
      { length: PEERS + 1 },
      () => owned.use(new MemoryServer(clock, { limitUp: LIMIT_UP })),
    );
    const [seed, ...others] = servers;
    seed!.shares.add(await shareFile(dir.path, content));
    const sources: Source[] = [];
    const register = (port: number, partial: boolean) => {
      sources.push({
        hostname: "memory",
        port,
        peer: peerName(`peer ${port}`),
        name: NAME,
        metadata: { ...content.metadata, partial },
      });
    };
    register(0, false);
    const fetching = others.map(async (server, i) => {
      const port = i + 1;
      const folder = `${dir.path}/${port}`;
      await Deno.mkdir(folder);
      return await fetchInto(folder, content, [], {
        find: () =>
          Promise.resolve({
            metadata: content.metadata,
            sources: sources.filter((source) => source.port !== port),
          }),
        peer: peerName(`peer ${port}`),
        hasher,
        clock,
        random: randomOf(port),
        connect: ({ port }) => Promise.resolve(servers[port]!.connect()),
        onPart: (part) => {
          server.shares.add(part);
          register(port, true);
        },
      });
    });
    const results = await clock.until(Promise.all(fetching));
    for (const { path } of results) {
      assertEquals(await Deno.readFile(path), content.bytes);
    }
    // Without turns it is all that the source can send until the last is done.
    const copies = seed!.bytesSent / content.bytes.length;
    assert(copies < 2.5, `The source sent ${copies.toFixed(2)} copies`);
  },
);
