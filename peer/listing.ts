/**
 * The list of what is on line, page by page.
 *
 * @module
 */

import type { ContentName, PeerName } from "../protocol/name.ts";
import { IndexProtocolError } from "./index_error.ts";

/** One registration that is on line. */
export interface ListEntry {
  /** The user name that it was registered under. */
  readonly peer: PeerName;
  /** The content. */
  readonly name: ContentName;
  /** In bytes. */
  readonly size: number;
  /** The address of its content server. */
  readonly hostname: string;
  /** The TCP port of its content server. */
  readonly port: number;
}

/** What one request for a list brings. */
export interface ListPage {
  /** The registrations on this page, perhaps none. */
  readonly entries: readonly ListEntry[];
  /** Registrations that match, as far as the index knows. */
  readonly count: number;
  /** Where to go on, or `undefined` at the end. */
  readonly cursor: Uint8Array | undefined;
}

/** The most entries of one listing, unless told otherwise. */
export const MAX_LIST_ENTRIES = 10_000_000;

/** The most pages in a row that may hold nothing. */
export const MAX_EMPTY_PAGES = 200_000;

/** Everything that is on line and matches; the pages are asked for as it is read. */
export class Listing implements AsyncIterable<ListEntry> {
  /** Registrations that match, as the index counted them on the first page. */
  readonly count: number;
  readonly #first: readonly ListPage[];
  readonly #next: (cursor: Uint8Array) => Promise<readonly ListPage[]>;
  readonly #maxEntries: number;

  /**
   * Starts with pages that were asked for already.
   *
   * @param first The first page, and those that came with it.
   * @param options How to ask for more, one page or several, and the most
   * entries to take.
   */
  constructor(
    first: readonly ListPage[],
    { next, maxEntries = MAX_LIST_ENTRIES }: {
      next: (cursor: Uint8Array) => Promise<readonly ListPage[]>;
      maxEntries?: number | undefined;
    },
  ) {
    this.count = first[0]!.count;
    this.#first = first;
    this.#next = next;
    this.#maxEntries = maxEntries;
  }

  /**
   * Goes through the entries.
   *
   * @throws {IndexProtocolError} Where the index's pages never end.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<ListEntry> {
    const cycle = new CycleFinder();
    let entries = 0;
    let emptyPages = 0;
    for (let pages = this.#first;;) {
      let cursor: Uint8Array | undefined;
      for (const page of pages) {
        for (const entry of page.entries) {
          if (++entries > this.#maxEntries) {
            throw new IndexProtocolError(
              `Cannot list further: the index sent over ${this.#maxEntries} ` +
                "entries; ask for a part of them with a filter",
            );
          }
          yield entry;
        }
        cursor = page.cursor;
        if (!cursor) return;
        emptyPages = page.entries.length > 0 ? 0 : emptyPages + 1;
        if (cycle.seen(cursor) || emptyPages > MAX_EMPTY_PAGES) {
          throw new IndexProtocolError(
            "Cannot list further: the index goes round in circles",
          );
        }
      }
      pages = await this.#next(cursor!);
    }
  }
}

/** Finds that a sequence repeats, in the space of one element (Brent's method). */
class CycleFinder {
  #kept: Uint8Array | undefined;
  #steps = 0;
  #renewAt = 1;

  seen(cursor: Uint8Array): boolean {
    if (this.#kept && cursor.every((byte, i) => byte === this.#kept![i])) {
      return true;
    }
    if (++this.#steps === this.#renewAt) {
      this.#kept = cursor;
      this.#renewAt *= 2;
    }
    return false;
  }
}
