/**
 * One page of what is on line.
 *
 * @module
 */

import type { ContentName, PeerName } from "../../protocol/name.ts";
import type { Peer } from "../peer.ts";

/** One page of what is on line. */
export interface OnlinePage {
  readonly entries: readonly OnlineEntry[];
  /** Registrations that match, as far as the index knows. */
  readonly count: number;
  /** Where the next page starts, in hexadecimal digits; `null` after the last. */
  readonly next: string | null;
}

/** A registration, as the page shows it. */
export interface OnlineEntry {
  readonly peer: PeerName;
  readonly name: ContentName;
  /** In bytes. */
  readonly size: number;
  /** The address of its content server. */
  readonly address: string;
  /**
   * Whether it is this peer's own, or this peer seems to share the same, or a
   * part of it that has come so far.
   */
  readonly here: "own" | "too" | "part" | null;
}

/** What {@linkcode onlinePage} is asked for. */
export interface OnlineQuery {
  readonly filter: string;
  /** Where to start, as the page before said; at the start if empty. */
  readonly cursor: string;
}

/** Entries of a page: the index's own pages are asked for until there are so many. */
const PAGE_ENTRIES = 50;

/** What the index is asked for one page: it may answer with few entries or none. */
const MAX_REQUESTS = 200;

/**
 * Asks the index for a page.
 *
 * @throws {RangeError} Where the cursor is none.
 * @throws {IndexUnreachableError} Where the index does not answer.
 */
export async function onlinePage(
  peer: Peer,
  { filter, cursor }: OnlineQuery,
  signal: AbortSignal,
): Promise<OnlinePage> {
  let at = cursor === "" ? undefined : parseCursor(cursor);
  const shared = new Map(peer.shared().map((each) => [each.name, each]));
  const entries: OnlineEntry[] = [];
  let count = 0;
  for (let i = 0; i < MAX_REQUESTS; i++) {
    const page = await peer.onlinePage(filter, { cursor: at, signal });
    count = Math.max(count, page.count);
    for (const { peer: user, name, size, hostname, port } of page.entries) {
      const own = shared.get(name)?.metadata;
      const isOwn = user === peer.name && port === peer.addr.port;
      const isSame = own !== undefined && (isOwn || own.size === size);
      entries.push({
        ...{ peer: user, name, size },
        address: hostname.includes(":")
          ? `[${hostname}]:${port}`
          : `${hostname}:${port}`,
        here: !isSame ? null : own.partial ? "part" : isOwn ? "own" : "too",
      });
    }
    at = page.cursor;
    if (!at || entries.length >= PAGE_ENTRIES) break;
  }
  return { entries, count, next: at?.toHex() ?? null };
}

function parseCursor(text: string): Uint8Array {
  if (!/^[0-9a-f]{32}$/.test(text)) {
    throw new RangeError("Cannot list from there: that is no cursor");
  }
  return Uint8Array.fromHex(text);
}
