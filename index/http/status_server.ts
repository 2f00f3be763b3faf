/**
 * The status page of an index: a page for people, metrics for machines, and
 * the same as JSON. It changes nothing.
 *
 * @module
 */

import { Api, type ShownIndex } from "./api.ts";
import {
  DEFAULT_HTTP_LIMITS,
  type HttpLimits,
  HttpListener,
} from "./http_listener.ts";
import { LiveFeed } from "./live_feed.ts";
import { Metrics } from "./metrics.ts";
import { router, routesTo } from "./routes.ts";

/** How a status page is to be. */
export interface StatusServerOptions {
  /** The address to listen on. */
  readonly hostname: string;
  /** The TCP port; 0 takes a free one. */
  readonly port: number;
  /** Host names under which it may be opened, besides IP addresses. */
  readonly names?: readonly string[];
  /** How far it may grow. */
  readonly limits?: Partial<StatusLimits>;
  /** Told of a fault in the page, after which it goes on. */
  readonly fault?: (error: unknown) => void;
  /** The time in milliseconds since 1970. */
  readonly clock?: () => number;
  /** Between two looks at the index, in milliseconds. */
  readonly lookMs?: number;
}

/** How far a status page may grow. */
export interface StatusLimits extends HttpLimits {
  /** Pages that may watch live at the same time. */
  readonly maxWatchers: number;
}

const DEFAULT_LIMITS: StatusLimits = {
  ...DEFAULT_HTTP_LIMITS,
  maxWatchers: 32,
};

/**
 * A status page that is served.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { IndexServer } from "../server.ts";
 * import { StatusServer } from "./status_server.ts";
 *
 * await using index = await IndexServer.start({ hostname: "127.0.0.1", port: 0 });
 * await using page = StatusServer.start(index, { hostname: "127.0.0.1", port: 0 });
 * const reply = await fetch(new URL("healthz", page.url));
 * assertEquals(await reply.text(), "ok\n");
 * ```
 */
export class StatusServer implements AsyncDisposable {
  readonly #listener: HttpListener;
  readonly #feed: LiveFeed;

  /**
   * Serves the page of an index.
   *
   * @throws {Error} Where it cannot listen there, saying why.
   */
  static start(index: ShownIndex, options: StatusServerOptions): StatusServer {
    return new StatusServer(index, options);
  }

  private constructor(index: ShownIndex, options: StatusServerOptions) {
    const { hostname, port, names = [], fault = () => {} } = options;
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    const clock = options.clock ?? Date.now;
    const startTime = clock();
    const { maxWatchers } = limits;
    this.#feed = new LiveFeed(index, {
      clock,
      maxWatchers,
      ...(options.lookMs !== undefined && { lookMs: options.lookMs }),
    });
    const targets = {
      api: new Api(index, { feed: this.#feed, clock, startTime }),
      feed: this.#feed,
      metrics: new Metrics(index, { startTime }),
    };
    const handle = router(routesTo(targets), {
      names: names.map((name) => name.toLowerCase()),
      fault,
    });
    try {
      this.#listener = new HttpListener({ hostname, port }, { handle, limits });
    } catch (cause) {
      this.#feed[Symbol.dispose]();
      throw refused(hostname, port, cause);
    }
  }

  /** Where it listens. */
  get addr(): { readonly hostname: string; readonly port: number } {
    const { hostname, port } = this.#listener.addr;
    return { hostname, port };
  }

  /** What to open. */
  get url(): string {
    const { hostname, port } = this.addr;
    return `http://${hostOf(hostname)}:${port}/`;
  }

  /** Stops. A second call does nothing more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#feed[Symbol.dispose]();
    await this.#listener[Symbol.asyncDispose]();
  }
}

function hostOf(hostname: string): string {
  return hostname.includes(":") ? `[${hostname}]` : hostname;
}

function refused(hostname: string, port: number, cause: unknown): Error {
  const [reason, remedy] = cause instanceof Deno.errors.AddrInUse
    ? ["the port is in use", "choose another one for --http"]
    : cause instanceof Deno.errors.AddrNotAvailable
    ? ["this host has no such address", "choose one that it has for --http"]
    : cause instanceof Deno.errors.NotCapable
    ? ["network access is not granted", "run with --allow-net"]
    : cause instanceof Deno.errors.PermissionDenied
    ? ["the system forbids it", "choose a port above 1023 for --http"]
    : [cause instanceof Error ? cause.message : `${cause}`, "check --http"];
  return new Error(
    `Cannot serve the status page at ${
      hostOf(hostname)
    }:${port}: ${reason}; ${remedy}`,
    { cause },
  );
}
