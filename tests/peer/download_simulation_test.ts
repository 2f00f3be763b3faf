import { assert, assertEquals } from "@std/assert";
import type { Source } from "../../peer/source.ts";
import type { SourceReport } from "../../peer/errors.ts";
import { Hasher } from "../../peer/hasher.ts";
import { MemoryServer } from "./memory_server.ts";
import { MemorySources } from "./memory_sources.ts";
import { peerName } from "../../protocol/name.ts";
import { isPermitted, permitted, tempDir } from "../permission.ts";
import { FakeClock } from "./fake_clock.ts";
import type { PipeFault } from "./faulty_pipe.ts";
import {
  bytesOf,
  contentOf,
  fetchInto,
  NAME,
  randomOf,
  shareFile,
} from "./transfer_fixture.ts";

const FILES = { read: true, write: true } as const;

/** How many corrupted bytes are tried; more by hand: `PEERDEX_SEEDS=10000`. */
const SEEDS = isPermitted({ env: true })
  ? Number(Deno.env.get("PEERDEX_SEEDS") ?? 1_000)
  : 1_000;

/** What contents are cut from. */
const BYTES = bytesOf(2 ** 23 + 1_000);

/** What may go wrong on one connection. */
function faultOf(random: () => number, bytes: number): PipeFault {
  const at = () => Math.floor(random() ** 2 * bytes);
  const kind = random();
  const chunk = random() < 0.2 ? 1 + Math.floor(random() * 5_000) : undefined;
  if (kind < 0.4) return { flipAt: at(), chunk };
  if (kind < 0.6) return { closeAt: at(), chunk };
  if (kind < 0.7) return { stallAt: at(), chunk };
  return { chunk };
}

permitted(
  FILES,
  "download() ends with the right file, whatever happens to its connections",
  async () => {
    await using hasher = new Hasher({ threads: 1, hereBytes: Infinity });
    // Four connections each, of which three break.
    for (let seed = 1; seed <= SEEDS / 4; seed++) {
      await using dir = await tempDir({ inMemory: true });
      const random = randomOf(seed);
      // Now and then, pieces of several blocks.
      const exponent = seed % 40 === 0 ? 21 : 18;
      const size = 1 + Math.floor(random() * 4 * 2 ** exponent);
      const content = contentOf(BYTES.slice(seed, seed + size), { exponent });
      const clock = new FakeClock();
      await using server = new MemoryServer(clock);
      const from = await tempDir({ inMemory: true });
      await using _ = from;
      server.shares.add(await shareFile(from.path, content));
      const sources = Array.from({ length: 4 }, (_, i): Source => ({
        hostname: "memory",
        port: i + 1,
        peer: peerName(`source ${i}`),
        name: NAME,
      }));
      const fetching = fetchInto(dir.path, content, sources, {
        hasher,
        clock,
        random,
        connect: ({ port }) => {
          // The last one is in order.
          const isGood = port === sources.length;
          const toClient = isGood ? {} : faultOf(random, 1.1 * size + 500);
          const toServer = isGood ? {} : faultOf(random, 3_000);
          return Promise.resolve(server.connect({ toClient, toServer }));
        },
      });
      try {
        const { path } = await clock.until(fetching);
        assertEquals(await Deno.readFile(path), content.bytes);
      } catch (error) {
        throw new Error(`Seed ${seed}`, { cause: error });
      }
    }
  },
);

permitted(
  FILES,
  "download() never ends with a byte that a source has corrupted",
  async () => {
    await using hasher = new Hasher({ threads: 1, hereBytes: Infinity });
    await using dir = await tempDir({ inMemory: true });
    let caught = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const random = randomOf(seed);
      const exponent = seed % 40 === 0 ? 21 : 18;
      const size = Math.floor((1 + 2 * random()) * 2 ** exponent);
      const content = contentOf(BYTES.slice(seed, seed + size), { exponent });
      const bytes = content.bytes.slice();
      bytes[Math.floor(random() * size)]! ^= 1 << Math.floor(random() * 8);
      const clock = new FakeClock();
      await using sources = new MemorySources();
      const bad = sources.add(
        "bad",
        (_, reply) => reply.good({ ...content, bytes }),
      );
      const good = sources.add("good", (_, reply) => reply.good(content));
      const dropped: SourceReport[] = [];
      const fetching = fetchInto(
        dir.path,
        content,
        [bad.source, good.source],
        {
          hasher,
          clock,
          random,
          connect: sources.connect,
          ifExists: "overwrite",
          onSourceDropped: (report) => dropped.push(report),
        },
      );
      const { path } = await clock.until(fetching);
      assertEquals(await Deno.readFile(path), content.bytes, `Seed ${seed}`);
      for (const { peer, fault } of dropped) {
        assertEquals([peer, fault], [bad.source.peer, "lied"], `Seed ${seed}`);
      }
      caught += dropped.length;
    }
    assert(caught > SEEDS / 4, `${caught} of ${SEEDS}`);
  },
);
