/**
 * The JSON interface: what an index holds and does, read-only.
 *
 * @module
 */

import { contentName } from "../../protocol/name.ts";
import { PEERDEX_VERSION } from "../../protocol/version.ts";
import {
  CursorError,
  type PageRequest,
  type RegistryView,
} from "../registry_view.ts";
import type { IndexStats } from "../server.ts";
import { summaries, type WatchedIndex } from "../stats_window.ts";
import type { LiveFeed } from "./live_feed.ts";
import { errorReply, jsonReply } from "./json_reply.ts";

/** Entries of a page at most, and where nobody says how many. */
export const PAGE_LIMIT = { default: 50, max: 200 } as const;

/** Characters of a filter at most. */
export const MAX_FILTER = 128;

/** The index that is shown. */
export interface ShownIndex extends WatchedIndex {
  /** Where it listens for datagrams. */
  readonly addr: { readonly hostname: string; readonly port: number };
  /** What it holds. */
  readonly registry: RegistryView;
}

/** A look at the whole: `GET /api/v1/stats`. */
export interface StatsReply extends IndexStats {
  readonly version: string;
  readonly hostname: string;
  readonly port: number;
  readonly uptimeMs: number;
  readonly residentBytes: number;
}

/** Answers requests for JSON. */
export class Api {
  readonly #index: ShownIndex;
  readonly #feed: LiveFeed;
  readonly #clock: () => number;
  readonly #startTime: number;

  constructor(
    index: ShownIndex,
    { feed, clock, startTime }: {
      feed: LiveFeed;
      clock: () => number;
      startTime: number;
    },
  ) {
    this.#index = index;
    this.#feed = feed;
    this.#clock = clock;
    this.#startTime = startTime;
  }

  /** What it has done since its start, and what it holds. */
  stats(): Response {
    const { requests, store } = this.#index.durations();
    return jsonReply({
      version: PEERDEX_VERSION,
      ...this.#index.addr,
      uptimeMs: Math.round(this.#clock() - this.#startTime),
      residentBytes: Deno.memoryUsage().rss,
      ...this.#index.stats(),
      latency: summaries(requests),
      storeTime: summaries(store),
    });
  }

  /** What it did in the last minutes, second by second. */
  history(): Response {
    return jsonReply({ points: this.#feed.history });
  }

  /** A page of the registrations. */
  async registrations(
    query: URLSearchParams,
    signal: AbortSignal,
  ): Promise<Response> {
    const page = pageRequest(query);
    if (page instanceof Response) return page;
    const filter = query.get("filter") ?? "";
    if (filter.length > MAX_FILTER) {
      return errorReply(400, `filter is longer than ${MAX_FILTER} characters`);
    }
    const { registry } = this.#index;
    return await listed(registry.registrations({ ...page, filter }, signal));
  }

  /** A page of the owners. */
  async peers(query: URLSearchParams, signal: AbortSignal): Promise<Response> {
    const page = pageRequest(query);
    if (page instanceof Response) return page;
    return await listed(this.#index.registry.owners(page, signal));
  }

  /** A content and its sources. */
  async content(
    query: URLSearchParams,
    signal: AbortSignal,
  ): Promise<Response> {
    const wanted = query.get("name");
    if (wanted === null) return errorReply(400, "name is missing");
    let name: string;
    try {
      name = contentName(wanted);
    } catch {
      return errorReply(400, "name is not the name of a content");
    }
    const content = await this.#index.registry.content(name, signal);
    return content
      ? jsonReply(content)
      : errorReply(404, "Nobody shares a content of this name");
  }
}

function pageRequest(query: URLSearchParams): PageRequest | Response {
  const text = query.get("limit") ?? `${PAGE_LIMIT.default}`;
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > PAGE_LIMIT.max) {
    return errorReply(400, `limit is not a number of 1 to ${PAGE_LIMIT.max}`);
  }
  return { limit, cursor: query.get("cursor") ?? undefined };
}

async function listed(page: Promise<unknown>): Promise<Response> {
  try {
    return jsonReply(await page);
  } catch (error) {
    if (!(error instanceof CursorError)) throw error;
    return errorReply(400, error.message);
  }
}
