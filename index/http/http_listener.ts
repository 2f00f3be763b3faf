/**
 * A small HTTP/1.1 server that strangers cannot exhaust. The runtime's own has
 * no deadline for a head and no limit of connections; this one has both, and
 * serves one request a connection, without a body.
 *
 * @module
 */

import { type Deadlines, type Handle, HttpConnection } from "./connection.ts";

/** How far an HTTP server may grow, and how long it waits. */
export interface HttpLimits extends Deadlines {
  /** Connections at the same time. */
  readonly maxConnections: number;
}

/** The limits of a server that was told none. */
export const DEFAULT_HTTP_LIMITS: HttpLimits = {
  maxConnections: 128,
  headMs: 10_000,
  writeMs: 10_000,
};

/** How long to wait where the system has no connection to give. */
const RETRY_MS = 200;

/** Listens for HTTP requests. */
export class HttpListener implements AsyncDisposable {
  readonly #listener: Deno.TcpListener;
  readonly #limits: HttpLimits;
  readonly #handle: Handle;
  readonly #connections = new Map<HttpConnection, Promise<void>>();
  readonly #loop: Promise<void>;
  #wake: (() => void) | undefined;
  #stopping: Promise<void> | undefined;

  /**
   * Listens.
   *
   * @throws {Error} Where that address cannot be listened at, as the runtime
   * says it.
   */
  constructor(
    at: { readonly hostname: string; readonly port: number },
    { handle, limits }: { handle: Handle; limits: HttpLimits },
  ) {
    this.#limits = limits;
    this.#handle = handle;
    this.#listener = Deno.listen({ ...at, transport: "tcp" });
    this.#loop = this.#accept();
  }

  /** Where it listens. */
  get addr(): Deno.NetAddr {
    return this.#listener.addr;
  }

  /** How many connections there are. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Stops, and closes all connections. A second call does nothing more. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#stopping ??= this.#stop();
  }

  async #stop(): Promise<void> {
    this.#listener.close();
    this.#wake?.();
    await this.#loop;
    for (const connection of this.#connections.keys()) connection.close();
    await Promise.all(this.#connections.values());
  }

  async #accept(): Promise<void> {
    while (!this.#stopping) {
      let conn: Deno.TcpConn;
      try {
        conn = await this.#listener.accept();
      } catch {
        // Closed, or out of file descriptors until somebody lets go of one.
        if (!this.#stopping) await this.#pause();
        continue;
      }
      if (!this.#hasRoom()) {
        conn.close();
        continue;
      }
      const connection = new HttpConnection(conn, this.#limits);
      const served = connection.serve(this.#handle).finally(() => {
        this.#connections.delete(connection);
      });
      this.#connections.set(connection, served);
    }
  }

  /** Who has waited longest without a request makes room for who comes. */
  #hasRoom(): boolean {
    if (this.#connections.size < this.#limits.maxConnections) return true;
    for (const connection of this.#connections.keys()) {
      if (!connection.isWaiting) continue;
      connection.close();
      return true;
    }
    return false;
  }

  async #pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, RETRY_MS);
    this.#wake = resolve;
    await promise;
    clearTimeout(timer);
  }
}
