/**
 * The content server: sends what is in its table to whoever asks, over TCP.
 *
 * @module
 */

import {
  type Address,
  formatAddress,
  isIpv4,
  parseAddress,
} from "../protocol/address.ts";
import type { ErrorName } from "../protocol/error_code.ts";
import { encodeError } from "../protocol/error_reply.ts";
import type { ContentName } from "../protocol/name.ts";
import { PDU_BYTES } from "../protocol/pdu.ts";
import { PduBuffer } from "../protocol/pdu_buffer.ts";
import { type Clock, delay, SYSTEM_CLOCK } from "./clock.ts";
import { RateLimit } from "./rate_limit.ts";
import { SendBuffers } from "./send_buffers.ts";
import {
  type ClientStream,
  ServedConnection,
  type ServerTimeouts,
} from "./served_connection.ts";
import type { ShareTable } from "./share_table.ts";
import { UploadSlots } from "./upload_slots.ts";

/** What happened at a content server. */
export type ServerEvent =
  /** Content was sent, as far as the system took it. */
  | {
    readonly type: "sent";
    readonly address: string;
    readonly name: ContentName;
    readonly bytes: number;
  }
  /** A request was refused. */
  | {
    readonly type: "refused";
    readonly address: string;
    readonly error: ErrorName;
    readonly text?: string | undefined;
  }
  /** A connection could not be accepted; the server goes on. */
  | { readonly type: "problem"; readonly error: unknown };

/** How a content server is started. */
export interface ContentServerOptions {
  /** The address to listen at; all of IPv6 and IPv4 if left out. */
  readonly hostname?: string | undefined;
  /** The TCP port; any free one if left out or 0. */
  readonly port?: number | undefined;
  /** What is served: exactly what is in it. */
  readonly shares: ShareTable;
  /** Connections at once; 256 if left out. */
  readonly maxConnections?: number | undefined;
  /** Connections at once from one address; 32 if left out. */
  readonly maxPerAddress?: number | undefined;
  /** Clients that are sent content at once; 64 if left out. Others wait in turn. */
  readonly maxUploads?: number | undefined;
  /** What large send buffers may take in all, in bytes; 16 MiB if left out. */
  readonly maxBufferBytes?: number | undefined;
  /** Bytes per second of all that is sent; no limit if left out. */
  readonly limitUp?: number | undefined;
  /** How long clients are waited for. */
  readonly timeouts?: Partial<ServerTimeouts> | undefined;
  /** Is told what happens. */
  readonly onEvent?: ((event: ServerEvent) => void) | undefined;
  /** The machine's own if left out. */
  readonly clock?: Clock | undefined;
  /** Closes the server. */
  readonly signal?: AbortSignal | undefined;
}

/** What a content server has done so far. */
export interface ServerCounts {
  /** Connections that are open. */
  readonly connections: number;
  /** Connections that were taken. */
  readonly accepted: number;
  /** Connections that were turned away because there were too many. */
  readonly turnedAway: number;
  /** Bytes of content that were sent. */
  readonly bytesSent: number;
  /** Requests that were refused. */
  readonly refused: number;
}

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
  readonly #perAddress = new Map<string, number>();
  readonly #slots: UploadSlots;
  readonly #buffers: SendBuffers;
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
    this.#slots = new UploadSlots(maxUploads);
    this.#buffers = new SendBuffers({ maxBytes: maxBufferBytes });
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
    const { maxConnections = 256, maxPerAddress = 32 } = this.#options;
    const address = clientKey(conn.remoteAddr.hostname);
    const fromThere = this.#perAddress.get(address) ?? 0;
    if (
      this.#connections.size >= maxConnections || fromThere >= maxPerAddress
    ) {
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
    this.#perAddress.set(address, fromThere + 1);
    const run = connection.run().finally(() => this.#forget(connection));
    this.#connections.set(connection, run);
    this.#addresses.set(connection, address);
  }

  readonly #addresses = new Map<ServedConnection, string>();

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
      limit: this.#limit,
      clock: this.#clock,
      timeouts: { ...DEFAULT_TIMEOUTS, ...timeouts },
      onSent: (name, bytes) => {
        this.#bytesSent += bytes;
        onEvent?.({ type: "sent", address, name, bytes });
      },
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

/** Who a client is counted as: its IPv4 address, or its IPv6 network (/64). */
function clientKey(hostname: string): string {
  const address = parseAddress(hostname);
  if (!address || isIpv4(address)) {
    return address ? formatAddress(address) : hostname;
  }
  const network = address.slice();
  network.fill(0, 8);
  return formatAddress(network as Address);
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
