/**
 * Word of files that can be served no more.
 *
 * @module
 */

import type { ServerEvent } from "./content_server.ts";
import type { SharedContent, ShareTable } from "./share_table.ts";

/** A content that was asked for and cannot be served, because of its file. */
export type StaleEvent = Extract<ServerEvent, { readonly type: "stale" }>;

/**
 * Makes a listener to a content server that tells once of each content that can
 * be served no more, and again only after it was shared anew.
 *
 * @param shares What the server serves.
 */
export function staleNotice(
  shares: ShareTable,
  onStale: ((event: StaleEvent) => void) | undefined,
): (event: ServerEvent) => void {
  const told = new WeakSet<SharedContent>();
  return (event) => {
    if (event.type !== "stale") return;
    const content = shares.get(event.name);
    if (!content || told.has(content)) return;
    told.add(content);
    onStale?.(event);
  };
}
