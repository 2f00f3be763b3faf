/**
 * The content server: sends what is in its table to whoever asks, over TCP.
 *
 * @module
 */

import { encodeError } from "../protocol/error_reply.ts";
import { PDU_BYTES } from "../protocol/pdu.ts";
import { PduBuffer } from "../protocol/pdu_buffer.ts";
import { clientKey } from "./client_key.ts";
import { type Clock, delay, SYSTEM_CLOCK } from "./clock.ts";
import type {
  ContentServerOptions,
  ServerCounts,
} from "./content_server_options.ts";
import { RateLimit } from "./rate_limit.ts";
import { DiskPace } from "./disk_pace.ts";
import { SendBuffers } from "./send_buffers.ts";
import {
  type ClientStream,
  ServedConnection,
  type ServerTimeouts,
} from "./served_connection.ts";
import { UploadSlots } from "./upload_slots.ts";

export type {
  ContentServerOptions,
  ServerCounts,
  ServerEvent,
} from "./content_server_options.ts";

const DEFAULT_TIMEOUTS: ServerTimeouts = {
  handshakeMs: 10_000,
  idleMs: 120_000,
  progressMs: 30_000,
  slotMs: 20_000,
};

/** How long to wait after a connection could not be accepted, in milliseconds. */
const ACCEPT_PAUSE_MS = 100;

/** How long to wait where there are too many connections, in seconds. */
const BUSY_RETRY_SECONDS = 10;

/** How long a client may ask for nothing while others find no room, in milliseconds. */
const SPARE_IDLE_MS = 5_000;

/**
 * Serves contents until it is disposed of.
 *
 * @example
 * ```ts ignore
 * await using server = ContentServer.listen({ port: 6010, shares });
 * console.log("serving at port", server.addr.port);
 * ```
 */
export class ContentServer implements AsyncDisposable {
  readonly #options: ContentServerOptions;
  readonly #listener: Deno.TcpListener;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  readonly #connections = new Map<ServedConnection, Promise<void>>();
  readonly #addresses = new Map<ServedConnection, string>();
  readonly #perAddress = new Map<string, number>();
  readonly #slots: UploadSlots;
  readonly #buffers: SendBuffers;
  readonly #pace: DiskPace;
  readonly #limit: RateLimit | undefined;
  readonly #accepting: Promise<void>;
  readonly #onAbort = () => void this[Symbol.asyncDispose]();
  #accepted = 0;
  #turnedAway = 0;
  #bytesSent = 0;
  #refused = 0;

  private constructor(options: ContentServerOptions) {
    const {
      maxUploads = 64,
      maxBufferBytes = 16 * 2 ** 20,
      limitUp,
      clock = SYSTEM_CLOCK,
    } = options;
    this.#options = options;
    this.#clock = clock;
    this.#slots = new UploadSlots(maxUploads, { clock });
    this.#buffers = new SendBuffers({ maxBytes: maxBufferBytes });
    this.#pace = new DiskPace(clock);
    this.#limit = limitUp ? new RateLimit(limitUp, { clock }) : undefined;
    this.#listener = listen(options);
    options.signal?.addEventListener("abort", this.#onAbort, { once: true });
    this.#accepting = this.#acceptAll();
  }

  /**
   * Starts to listen.
   *
   * @throws {Error} Where the port is taken or may not be used, naming it.
   */
  static listen(options: ContentServerOptions): ContentServer {
    options.signal?.throwIfAborted();
    try {
      return new ContentServer(options);
    } catch (cause) {
      if (cause instanceof RangeError) throw cause;
      const { hostname = "any address", port = 0 } = options;
      const reason = cause instanceof Deno.errors.AddrInUse
        ? "the port is in use; choose another, or 0 for any"
        : cause instanceof Error
        ? cause.message
        : String(cause);
      throw new Error(
        `Cannot listen at ${hostname} port ${port} (TCP): ${reason}`,
        { cause },
      );
    }
  }

  /** Where it listens. */
  get addr(): { readonly hostname: string; readonly port: number } {
    return this.#listener.addr;
  }

  /** What it has done so far. */
  get counts(): ServerCounts {
    return {
      connections: this.#connections.size,
      accepted: this.#accepted,
      turnedAway: this.#turnedAway,
      bytesSent: this.#bytesSent,
      refused: this.#refused,
    };
  }

  /** Stops listening, closes every connection and waits until all has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#closing.signal.aborted) {
      this.#closing.abort();
      this.#options.signal?.removeEventListener("abort", this.#onAbort);
      this.#listener.close();
      for (const connection of this.#connections.keys()) connection.close();
    }
    await this.#accepting;
    await Promise.all(this.#connections.values());
  }

  async #acceptAll(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        this.#take(await this.#listener.accept());
      } catch (error) {
        if (signal.aborted) return;
        // "Too many open files", say: it passes when connections close.
        this.#options.onEvent?.({ type: "problem", error });
        await delay(ACCEPT_PAUSE_MS, { clock: this.#clock, signal })
          .catch(() => {});
      }
    }
  }

  #take(conn: Deno.TcpConn): void {
    const address = clientKey(conn.remoteAddr.hostname);
    if (!this.#hasRoomFor(address)) {
      this.#turnedAway++;
      return turnAway(conn);
    }
    this.#accepted++;
    try {
      conn.setNoDelay(true);
      conn.setKeepAlive(true);
    } catch {
      // It is closed already; the first read will tell.
    }
    const connection = this.#connection(conn, address);
    this.#perAddress.set(address, (this.#perAddress.get(address) ?? 0) + 1);
    const run = connection.run().finally(() => this.#forget(connection));
    this.#connections.set(connection, run);
    this.#addresses.set(connection, address);
  }

  #hasRoomFor(address: string): boolean {
    const { maxConnections = 256, maxPerAddress = 32 } = this.#options;
    if ((this.#perAddress.get(address) ?? 0) >= maxPerAddress) {
      return this.#closeIdlest(address);
    }
    return this.#connections.size < maxConnections || this.#closeIdlest();
  }

  /**
   * Closes who has asked for nothing for longest, of an address or of all, so
   * that idle connections cannot keep others out.
   *
   * @returns Whether there was one.
   */
  #closeIdlest(from?: string): boolean {
    let idlest: ServedConnection | undefined;
    for (const [connection, address] of this.#addresses) {
      if (from !== undefined && address !== from) continue;
      const { idleMs } = connection;
      if (idleMs >= (idlest?.idleMs ?? SPARE_IDLE_MS)) idlest = connection;
    }
    idlest?.close();
    return idlest !== undefined;
  }

  #forget(connection: ServedConnection): void {
    const address = this.#addresses.get(connection)!;
    const left = this.#perAddress.get(address)! - 1;
    if (left === 0) this.#perAddress.delete(address);
    else this.#perAddress.set(address, left);
    this.#addresses.delete(connection);
    this.#connections.delete(connection);
  }

  #connection(stream: ClientStream, address: string): ServedConnection {
    const { shares, timeouts, onEvent } = this.#options;
    return new ServedConnection(stream, {
      address,
      shares,
      slots: this.#slots,
      buffers: this.#buffers,
      pace: this.#pace,
      limit: this.#limit,
      clock: this.#clock,
      timeouts: { ...DEFAULT_TIMEOUTS, ...timeouts },
      onSent: (name, bytes) => {
        this.#bytesSent += bytes;
        onEvent?.({ type: "sent", address, name, bytes });
      },
      onStale: (name, error) => onEvent?.({ type: "stale", name, error }),
      onRefused: (error, text) => {
        this.#refused++;
        onEvent?.({ type: "refused", address, error, text });
      },
    });
  }
}

function listen(
  { hostname, port = 0 }: ContentServerOptions,
): Deno.TcpListener {
  if (hostname !== undefined) return Deno.listen({ hostname, port });
  // Where it can, the IPv6 wildcard takes IPv4 as well; not so on Windows.
  if (Deno.build.os === "windows") {
    return Deno.listen({ hostname: "0.0.0.0", port });
  }
  try {
    return Deno.listen({ hostname: "::", port });
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) throw error;
    return Deno.listen({ hostname: "0.0.0.0", port });
  }
}

/** Tells a client that there are too many, and closes without waiting for it. */
function turnAway(conn: Deno.TcpConn): void {
  const pdus = new PduBuffer(new Uint8Array(PDU_BYTES));
  encodeError(pdus, 0, {
    transaction: 0,
    error: "BUSY",
    retryAfter: BUSY_RETRY_SECONDS,
    text: "Too many connections",
  });
  // The first write to a new connection is taken at once.
  conn.write(pdus.bytes).catch(() => 0).finally(() => conn.close());
}
