/**
 * Every path that the status page's server knows.
 *
 * @module
 */

import { StoreUnavailable } from "../store_unavailable.ts";
import { isAllowedHost } from "./allowed_host.ts";
import type { Api } from "./api.ts";
import type { Handle } from "./connection.ts";
import type { LiveFeed } from "./live_feed.ts";
import type { Metrics } from "./metrics.ts";
import { OPENAPI } from "./openapi.ts";
import { PAGE_FILES } from "./page_files.ts";
import {
  errorReply,
  type HttpReply,
  type HttpStream,
  jsonReply,
} from "./reply.ts";

/** What the routes lead to. */
export interface RouteTargets {
  readonly api: Api;
  readonly feed: LiveFeed;
  readonly metrics: Metrics;
}

/** Answers a request for one path. */
type Route = (
  query: URLSearchParams,
  signal: AbortSignal,
) => HttpReply | HttpStream | Promise<HttpReply | HttpStream>;

/** The routes by their paths. */
export function routesTo(
  { api, feed, metrics }: RouteTargets,
): ReadonlyMap<string, Route> {
  const files = Object.entries(PAGE_FILES).map(
    ([path, { type, text }]): [string, Route] => {
      const reply = {
        status: 200,
        type,
        body: text,
        fields: { "Cache-Control": "no-cache" },
      };
      return [path, () => reply];
    },
  );
  return new Map<string, Route>([
    ...files,
    ["/healthz", () => ({
      status: 200,
      type: "text/plain; charset=utf-8",
      body: "ok\n",
    })],
    ["/metrics", () => metrics.reply()],
    ["/api/v1/stats", () => api.stats()],
    ["/api/v1/history", () => api.history()],
    ["/api/v1/events", () => feed.watch()],
    [
      "/api/v1/registrations",
      (query, signal) => api.registrations(query, signal),
    ],
    ["/api/v1/content", (query, signal) => api.content(query, signal)],
    ["/api/v1/peers", (query, signal) => api.peers(query, signal)],
    ["/api/v1/openapi.json", () => jsonReply(OPENAPI)],
  ]);
}

/**
 * Answers requests by their path, once method and host are allowed.
 *
 * @param names Names that requests may be for besides IP addresses.
 */
export function router(
  routes: ReadonlyMap<string, Route>,
  { names, fault }: {
    names: readonly string[];
    fault: (error: unknown) => void;
  },
): Handle {
  return async ({ method, path, query, fields }, signal) => {
    if (!isAllowedHost(fields.get("host") ?? "", names)) {
      return errorReply(
        421,
        "This host is none of the names of this page: open it by its IP " +
          "address, or name the host with --http-name",
      );
    }
    const route = routes.get(path);
    if (!route) return errorReply(404, "There is nothing here");
    if (method !== "GET" && method !== "HEAD") {
      const refused = errorReply(405, "This page is for reading only");
      return { ...refused, fields: { Allow: "GET, HEAD" } };
    }
    // A stream that nobody reads must not take a place.
    if (method === "HEAD" && path === EVENTS) return EVENTS_HEAD;
    try {
      return await route(query, signal);
    } catch (error) {
      if (error instanceof StoreUnavailable) {
        return errorReply(503, "The store behind the index does not answer");
      }
      if (!signal.aborted) fault(error);
      return errorReply(500, "The index could not answer this");
    }
  };
}

const EVENTS = "/api/v1/events";

const EVENTS_HEAD: HttpReply = {
  status: 200,
  type: "text/event-stream; charset=utf-8",
  body: "",
};
