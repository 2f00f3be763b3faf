/**
 * The status page of an index: a page for people, metrics for machines, and
 * the same as JSON. It changes nothing.
 *
 * @module
 */

import { isAllowedHost } from "../../web/allowed_host.ts";
import { type WebLimits, WebServer } from "../../web/web_server.ts";
import { Api, type ShownIndex } from "./api.ts";
import { LiveFeed } from "./live_feed.ts";
import { Metrics } from "./metrics.ts";
import { router } from "./routes.ts";

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
export interface StatusLimits extends WebLimits {
  /** Pages that may watch live at the same time; 32 if left out. */
  readonly maxWatchers: number;
}

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
  readonly #web: WebServer;
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
    const { hostname, port, limits, fault, lookMs } = options;
    const clock = options.clock ?? Date.now;
    const startTime = clock();
    const maxWatchers = limits?.maxWatchers ?? 32;
    const names = (options.names ?? []).map((name) => name.toLowerCase());
    this.#feed = new LiveFeed(index, { clock, maxWatchers, lookMs });
    try {
      this.#web = new WebServer({
        ...{ hostname, port, limits },
        handle: router({
          api: new Api(index, { feed: this.#feed, clock, startTime }),
          feed: this.#feed,
          metrics: new Metrics(index, { startTime }),
        }),
        isAllowedHost: (host) => isAllowedHost(host, names),
        wrongHost: "This host is none of the names of this page: open it by " +
          "its IP address, or name the host with --http-name",
        onFault: fault,
      });
    } catch (error) {
      this.#feed[Symbol.dispose]();
      throw error;
    }
  }

  /** Where it listens. */
  get addr(): { readonly hostname: string; readonly port: number } {
    return this.#web.addr;
  }

  /** What to open. */
  get url(): string {
    const { hostname, port } = this.addr;
    return `http://${
      hostname.includes(":") ? `[${hostname}]` : hostname
    }:${port}/`;
  }

  /** Stops. A second call does nothing more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#feed[Symbol.dispose]();
    await this.#web[Symbol.asyncDispose]();
  }
}
