/**
 * A content server without a network.
 *
 * @module
 */

import { RateLimit } from "../../peer/rate_limit.ts";
import { DiskPace } from "../../peer/disk_pace.ts";
import { SendBuffers } from "../../peer/send_buffers.ts";
import { ServedConnection } from "../../peer/served_connection.ts";
import { ShareTable } from "../../peer/share_table.ts";
import { UploadSlots } from "../../peer/upload_slots.ts";
import type { FakeClock } from "./fake_clock.ts";
import { type PipeFault, pipePair } from "./faulty_pipe.ts";

/** Serves real files over connections in memory. */
export class MemoryServer implements AsyncDisposable {
  /** What it serves. */
  readonly shares = new ShareTable();
  readonly #clock: FakeClock;
  readonly #options;
  readonly #running: Promise<void>[] = [];

  /** Content that was sent, in bytes. */
  bytesSent = 0;

  /** Serves nothing yet. */
  constructor(clock: FakeClock, { limitUp = 1e9 } = {}) {
    this.#clock = clock;
    this.#options = {
      shares: this.shares,
      slots: new UploadSlots(8, { clock }),
      buffers: new SendBuffers({ maxBytes: 8 * 2 ** 20 }),
      pace: new DiskPace(clock),
      limit: new RateLimit(limitUp, { clock }),
      address: "memory",
      clock,
      timeouts: {
        handshakeMs: 10_000,
        idleMs: 120_000,
        progressMs: 30_000,
        slotMs: 20_000,
      },
      onSent: (_: unknown, bytes: number) => this.bytesSent += bytes,
      onStale: () => {},
      onRefused: () => {},
    };
  }

  /** Connects a client. */
  connect(faults: { toClient?: PipeFault; toServer?: PipeFault } = {}) {
    const { client, server } = pipePair(faults);
    this.#running.push(new ServedConnection(server, this.#options).run());
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // What is limited must still wait for its time.
    await this.#clock.until(Promise.all(this.#running));
  }
}
