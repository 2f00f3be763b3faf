/**
 * A small web server for pages that strangers may reach: what each of them can
 * hold is bounded, and every answer carries the headers that keep a page safe.
 *
 * @module
 */

import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { SECURITY_HEADERS } from "./security_headers.ts";

/** How a {@linkcode WebServer} listens. */
export interface WebServerOptions {
  /** The address to listen on. */
  readonly hostname: string;
  /** The TCP port, 0 for any. */
  readonly port: number;
  /** Answers a request; its `signal` is aborted when the client goes away. */
  readonly handle: (request: Request) => Response | Promise<Response>;
  /** Whether a request for this `Host` is meant for this server. */
  readonly isAllowedHost: (host: string, port: number) => boolean;
  /** Is told of what went wrong inside `handle`. */
  readonly onFault?: ((error: unknown) => void) | undefined;
  /** Connections at once, further ones are closed; 64 if left out. */
  readonly maxConnections?: number | undefined;
  /** How long a request's head may take, in milliseconds; 10,000 if left out. */
  readonly headMs?: number | undefined;
  /** How long a connection may stand still, in milliseconds; 60,000 if left out. */
  readonly idleMs?: number | undefined;
}

/** A web server with bounds; the handler speaks `Request` and `Response`. */
export class WebServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #options: WebServerOptions;
  readonly #running = new Set<Promise<void>>();
  #port = 0;
  #closing: Promise<void> | undefined;

  private constructor(options: WebServerOptions) {
    this.#options = options;
    // The runtime's own server waits for a request's head for ever; this one
    // has deadlines.
    this.#server = createServer({
      headersTimeout: options.headMs ?? 10_000,
      requestTimeout: 0,
      connectionsCheckingInterval: 1_000,
      keepAliveTimeout: 5_000,
    }, (request, response) => {
      const work = this.#answer(request, response);
      this.#running.add(work);
      work.finally(() => this.#running.delete(work));
    });
    this.#server.maxConnections = options.maxConnections ?? 64;
    this.#server.setTimeout(
      options.idleMs ?? 60_000,
      (socket: { destroy(): void }) => socket.destroy(),
    );
  }

  /**
   * Starts to listen.
   *
   * @throws {Error} Where the address cannot be had.
   */
  static async listen(options: WebServerOptions): Promise<WebServer> {
    const { hostname, port } = options;
    const web = new WebServer(options);
    const server = web.#server;
    try {
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(port, hostname, () => {
          server.off("error", reject);
          resolve();
        });
      });
    } catch (cause) {
      const text = cause instanceof Error ? cause.message : String(cause);
      throw new Error(
        `Cannot listen on ${hostname} port ${port} (TCP) for the page: ${text}`,
        { cause },
      );
    }
    const address = server.address();
    web.#port = typeof address === "object" ? address?.port ?? 0 : 0;
    return web;
  }

  /** Where it listens. */
  get addr(): { readonly hostname: string; readonly port: number } {
    return { hostname: this.#options.hostname, port: this.#port };
  }

  /** Closes every connection and waits for what is being answered. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= (async () => {
      const closed = new Promise<void>((resolve) =>
        this.#server.close(() => resolve())
      );
      this.#server.closeAllConnections();
      await closed;
      await Promise.all(this.#running);
    })();
    return this.#closing;
  }

  async #answer(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
  ): Promise<void> {
    const gone = new AbortController();
    outgoing.on("close", () => gone.abort());
    // A broken connection is no news; what matters is that it is gone.
    outgoing.on("error", () => gone.abort());
    incoming.on("error", () => gone.abort());
    const response = await this.#respond(incoming, gone.signal);
    await send(response, { incoming, outgoing, signal: gone.signal });
  }

  async #respond(
    incoming: IncomingMessage,
    signal: AbortSignal,
  ): Promise<Response> {
    const { method = "", url = "", headers: { host = "" } } = incoming;
    if (!this.#options.isAllowedHost(host.toLowerCase(), this.#port)) {
      return refusal(421, "This server does not go by that name");
    }
    if (!url.startsWith("/")) {
      return refusal(400, "Only paths can be asked for");
    }
    try {
      const hasBody = method !== "GET" && method !== "HEAD";
      return await this.#options.handle(
        new Request(`http://${host}${url}`, {
          method,
          headers: headersOf(incoming),
          signal,
          ...(hasBody && { body: ReadableStream.from(chunksOf(incoming)) }),
        }),
      );
    } catch (error) {
      if (!signal.aborted) this.#options.onFault?.(error);
      return refusal(500, "Something went wrong here");
    }
  }
}

/** An answer in plain words. */
export function refusal(status: number, text: string): Response {
  return new Response(`${text}\n`, {
    status,
    headers: { "content-type": "text/plain; charset=utf-8" },
  });
}

function headersOf(incoming: IncomingMessage): Headers {
  const headers = new Headers();
  const { rawHeaders } = incoming;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    headers.append(rawHeaders[i]!, rawHeaders[i + 1]!);
  }
  return headers;
}

async function* chunksOf(
  incoming: IncomingMessage,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  // Left open at its end: the answer goes over the same connection.
  for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
    yield chunk;
  }
}

async function send(
  response: Response,
  { incoming, outgoing, signal }: {
    incoming: IncomingMessage;
    outgoing: ServerResponse;
    signal: AbortSignal;
  },
): Promise<void> {
  const { body } = response;
  try {
    outgoing.statusCode = response.status;
    for (const [name, value] of SECURITY_HEADERS) {
      outgoing.setHeader(name, value);
    }
    for (const [name, value] of response.headers) {
      if (name !== "set-cookie") outgoing.setHeader(name, value);
    }
    const cookies = response.headers.getSetCookie();
    if (cookies.length > 0) outgoing.setHeader("set-cookie", cookies);
    // Nobody is going to read the rest of a request that was answered early.
    if (!incoming.complete) outgoing.setHeader("connection", "close");
    if (body && incoming.method !== "HEAD") {
      await pour(body, outgoing, signal);
    } else await body?.cancel();
    outgoing.end();
  } catch {
    outgoing.destroy();
  }
}

/** Writes a body no faster than the client takes it. */
async function pour(
  body: ReadableStream<Uint8Array>,
  outgoing: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const reader = body.getReader();
  const cancel = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", cancel, { once: true });
  try {
    outgoing.flushHeaders();
    for (;;) {
      if (signal.aborted) return;
      const { value, done } = await reader.read();
      if (done) return;
      if (!outgoing.write(value)) await drained(outgoing, signal);
    }
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}

function drained(outgoing: ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      outgoing.off("drain", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    outgoing.on("drain", done);
    signal.addEventListener("abort", done, { once: true });
  });
}
