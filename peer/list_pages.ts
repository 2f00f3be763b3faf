/**
 * Pages of the list from an index: one, or as many at once as get through.
 *
 * @module
 */

import { DATAGRAM_PDUS } from "../protocol/pdu.ts";
import { isLastPage } from "../protocol/reply.ts";
import type { IndexExchange } from "./index_exchange.ts";
import { listRequest } from "./index_request.ts";
import type { ListPage } from "./listing.ts";
import { listEntriesOf } from "./source.ts";

/** Pages that are asked for at once at most: 38 KiB. */
const MAX_PAGES = 32;

/** What is listed, and how. */
export interface ListPagesOptions {
  /** What to list; all if empty. */
  readonly filter: string;
  /** Where the index is: what it has at its own host is there. */
  readonly hostname: () => string;
  /** Ends the wait. */
  readonly signal: AbortSignal | undefined;
}

/** Asks for pages. */
export class ListPages {
  readonly #exchange: IndexExchange;
  readonly #options: ListPagesOptions;

  /** Asks through an exchange. */
  constructor(exchange: IndexExchange, options: ListPagesOptions) {
    this.#exchange = exchange;
    this.#options = options;
  }

  /** The page that goes on from a cursor. */
  async one(cursor: Uint8Array): Promise<ListPage> {
    const [page] = await this.#ask(cursor, 1);
    return page!;
  }

  /** That page and those behind it, as many as come. */
  many(cursor: Uint8Array): Promise<readonly ListPage[]> {
    // As many as may be on the way: no more get through at once.
    const most = Math.floor(this.#exchange.window / DATAGRAM_PDUS);
    return this.#ask(cursor, Math.max(1, Math.min(most, MAX_PAGES)));
  }

  async #ask(cursor: Uint8Array, pages: number): Promise<readonly ListPage[]> {
    const { filter, hostname, signal } = this.#options;
    const request = listRequest(filter, { cursor, pages });
    const answer = await this.#exchange.askPages(request, signal);
    return answer.map(({ ack, records }) => ({
      entries: listEntriesOf(records, hostname()),
      count: ack.count,
      cursor: isLastPage(ack.cursor) ? undefined : ack.cursor,
    }));
  }
}
