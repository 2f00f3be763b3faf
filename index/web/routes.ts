/**
 * Every path that the status page's server knows.
 *
 * @module
 */

import { StoreUnavailable } from "../store_unavailable.ts";
import type { Api } from "./api.ts";
import { errorReply, jsonReply } from "./json_reply.ts";
import type { LiveFeed } from "./live_feed.ts";
import type { Metrics } from "./metrics.ts";
import { OPENAPI } from "./openapi.ts";
import { mainPage, PAGE_FILES } from "./page_files.ts";

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
) => Response | Promise<Response>;

/** Answers requests by their path; there is nothing but reading. */
export function router(
  { api, feed, metrics }: RouteTargets,
): (request: Request) => Promise<Response> {
  const routes = new Map<string, Route>([
    ["/", mainPage],
    ["/healthz", () => new Response("ok\n")],
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
  return async ({ method, url, signal }) => {
    const { pathname, searchParams } = new URL(url);
    const file = PAGE_FILES.answer(pathname);
    const route = file ? () => file : routes.get(pathname);
    if (!route) return errorReply(404, "There is nothing here");
    if (method !== "GET" && method !== "HEAD") {
      const refused = errorReply(405, "This page is for reading only");
      refused.headers.set("allow", "GET, HEAD");
      return refused;
    }
    try {
      return await route(searchParams, signal);
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      return errorReply(503, "The store behind the index does not answer");
    }
  };
}
