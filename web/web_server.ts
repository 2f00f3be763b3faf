/**
 * A small HTTP/1.1 server for pages that strangers may reach. The runtime's own
 * has no deadline for a head and no limit of connections; this one has both,
 * and answers one request a connection.
 *
 * @module
 */

import { type Deadlines, WebConnection } from "./web_connection.ts";

/** How far a web server may grow, and how long it waits. */
export interface WebLimits extends Deadlines {
  /** Connections at the same time. */
  readonly maxConnections: number;
}

/** The limits of a server that was told none. */
const DEFAULT_WEB_LIMITS: WebLimits = {
  maxConnections: 128,
  headMs: 10_000,
  bodyMs: 60_000,
  writeMs: 10_000,
};

/** How a {@linkcode WebServer} listens and answers. */
export interface WebServerOptions {
  /** The address to listen on. */
  readonly hostname: string;
  /** The TCP port, 0 for any. */
  readonly port: number;
  /**
   * Answers a request; its `signal` is aborted when the client goes away. The
   * body of the answer is sent whole, except that of server-sent events.
   */
  readonly handle: (request: Request) => Response | Promise<Response>;
  /** Whether a request for this `Host`, in lower case, is meant for this server. */
  readonly isAllowedHost: (host: string, port: number) => boolean;
  /** What to say to the others; in plain words if left out. */
  readonly wrongHost?: string | undefined;
  /** Is told of what went wrong inside `handle`. */
  readonly onFault?: ((error: unknown) => void) | undefined;
  /** How far it may grow. */
  readonly limits?: Partial<WebLimits> | undefined;
}

/** How long to wait where the system has no connection to give. */
const RETRY_MS = 200;

/**
 * A web server with bounds.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { isAllowedHost } from "./allowed_host.ts";
 * import { WebServer } from "./web_server.ts";
 *
 * await using web = new WebServer({
 *   hostname: "127.0.0.1",
 *   port: 0,
 *   isAllowedHost: (host) => isAllowedHost(host, []),
 *   handle: () => new Response("hello"),
 * });
 * const reply = await fetch(`http://127.0.0.1:${web.addr.port}/`);
 * assertEquals(await reply.text(), "hello");
 * ```
 */
export class WebServer implements AsyncDisposable {
  readonly #listener: Deno.TcpListener;
  readonly #limits: WebLimits;
  readonly #answer: (request: Request) => Promise<Response>;
  readonly #connections = new Map<WebConnection, Promise<void>>();
  readonly #loop: Promise<void>;
  #wake: (() => void) | undefined;
  #stopping: Promise<void> | undefined;

  /**
   * Listens.
   *
   * @throws {Error} Where the address cannot be had, saying why.
   */
  constructor(options: WebServerOptions) {
    const { hostname, port } = options;
    this.#limits = { ...DEFAULT_WEB_LIMITS, ...options.limits };
    try {
      this.#listener = Deno.listen({ hostname, port, transport: "tcp" });
    } catch (cause) {
      throw refused(options, cause);
    }
    this.#answer = (request) => answer(request, options, this.addr.port);
    this.#loop = this.#accept();
  }

  /** Where it listens. */
  get addr(): { readonly hostname: string; readonly port: number } {
    const { hostname, port } = this.#listener.addr;
    return { hostname, port };
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
      const connection = new WebConnection(conn, this.#limits);
      const served = connection.serve(this.#answer).finally(() => {
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

/** An answer in plain words. */
export function refusal(status: number, text: string): Response {
  return new Response(`${text}\n`, {
    status,
    headers: { "content-type": "text/plain; charset=utf-8" },
  });
}

async function answer(
  request: Request,
  { handle, isAllowedHost, wrongHost, onFault }: WebServerOptions,
  port: number,
): Promise<Response> {
  const host = request.headers.get("host") ?? "";
  if (!isAllowedHost(host.toLowerCase(), port)) {
    return refusal(421, wrongHost ?? "This server does not go by that name");
  }
  try {
    return await handle(request);
  } catch (error) {
    if (!request.signal.aborted) onFault?.(error);
    return refusal(500, "Something went wrong here");
  }
}

function refused(
  { hostname, port }: WebServerOptions,
  cause: unknown,
): Error {
  const [reason, remedy] = cause instanceof Deno.errors.AddrInUse
    ? ["the port is in use", "choose another one"]
    : cause instanceof Deno.errors.AddrNotAvailable
    ? ["this host has no such address", "choose one that it has"]
    : cause instanceof Deno.errors.NotCapable
    ? ["network access is not granted", "run with --allow-net"]
    : cause instanceof Deno.errors.PermissionDenied
    ? ["the system forbids it", "choose a port above 1023"]
    : [
      cause instanceof Error ? cause.message : `${cause}`,
      "check address and port",
    ];
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  return new Error(
    `Cannot serve the page at ${host}:${port}: ${reason}; ${remedy}`,
    { cause },
  );
}
