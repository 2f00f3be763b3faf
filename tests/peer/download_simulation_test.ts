import { assertEquals } from "@std/assert";
import type { Clock } from "../../peer/clock.ts";
import { RateLimit } from "../../peer/rate_limit.ts";
import { ReadPace } from "../../peer/read_pace.ts";
import { SendBuffers } from "../../peer/send_buffers.ts";
import { ServedConnection } from "../../peer/served_connection.ts";
import { ShareTable } from "../../peer/share_table.ts";
import type { Source } from "../../peer/source.ts";
import { UploadSlots } from "../../peer/upload_slots.ts";
import { Hasher } from "../../peer/hasher.ts";
import { peerName } from "../../protocol/name.ts";
import { isPermitted, permitted, tempDir } from "../permission.ts";
import { FakeClock } from "./fake_clock.ts";
import { type PipeFault, pipePair } from "./faulty_pipe.ts";
import {
  bytesOf,
  contentOf,
  fetchInto,
  moveUntil,
  NAME,
  randomOf,
  shareFile,
} from "./transfer_fixture.ts";

const FILES = { read: true, write: true } as const;

/** How many runs; a thousand and more by hand: `PEERDEX_SEEDS=1000`. */
const SEEDS = isPermitted({ env: true })
  ? Number(Deno.env.get("PEERDEX_SEEDS") ?? 40)
  : 40;

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

/** Serves real files over connections in memory. */
class MemoryServer implements AsyncDisposable {
  readonly shares = new ShareTable();
  readonly #options;
  readonly #running: Promise<void>[] = [];

  constructor(clock: Clock) {
    this.#options = {
      shares: this.shares,
      slots: new UploadSlots(8),
      buffers: new SendBuffers({ maxBytes: 8 * 2 ** 20 }),
      pace: new ReadPace(clock),
      limit: new RateLimit(1e9, { clock }),
      address: "memory",
      clock,
      timeouts: {
        handshakeMs: 10_000,
        idleMs: 120_000,
        progressMs: 30_000,
        slotMs: 20_000,
      },
      onSent: () => {},
      onStale: () => {},
      onRefused: () => {},
    };
  }

  connect(faults: { toClient: PipeFault; toServer: PipeFault }) {
    const { client, server } = pipePair(faults);
    this.#running.push(new ServedConnection(server, this.#options).run());
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#running);
  }
}

permitted(
  FILES,
  "download() ends with the right file, whatever happens to its connections",
  async () => {
    await using hasher = new Hasher({ threads: 1 });
    for (let seed = 1; seed <= SEEDS; seed++) {
      await using dir = await tempDir();
      const random = randomOf(seed);
      const exponent = seed % 5 === 0 ? 21 : 18;
      const size = 1 + Math.floor(random() * 4 * 2 ** exponent);
      const content = contentOf(bytesOf(size, seed), { exponent });
      const clock = new FakeClock();
      await using server = new MemoryServer(clock);
      const from = await tempDir();
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
        const { path } = await moveUntil(clock, fetching);
        assertEquals(await Deno.readFile(path), content.bytes);
      } catch (error) {
        throw new Error(`Seed ${seed}`, { cause: error });
      }
    }
  },
);
