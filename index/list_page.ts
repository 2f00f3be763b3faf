/**
 * The list, a page to a datagram: `A`, then a registration per `O`.
 *
 * @module
 */

import { RECORD } from "../protocol/layout.ts";
import { namePdus, type Transaction } from "../protocol/message.ts";
import { markPage } from "../protocol/page_mark.ts";
import { DATAGRAM_PDUS, PDU_BYTES } from "../protocol/pdu.ts";
import { encodeRecord, isLastPage } from "../protocol/reply.ts";
import type { ListRequest } from "../protocol/request.ts";
import type { Exchange } from "./exchange.ts";
import { MAX_PAGES } from "./reply_writer.ts";
import { shownAddress } from "./search_reply.ts";
import type { ListPage, Registration } from "./store.ts";

/** What an empty index says. */
export const LIST_EMPTY_TEXT = "List Empty";

/** Writes the pages of an answer. The `A` of each stands first and is written last. */
export class ListWriter {
  readonly #exchange: Exchange;
  readonly #transaction: Transaction;
  readonly #pages: number;
  readonly #afford: () => boolean;
  #page = 0;
  #from: Uint8Array;
  #start = 0;
  #end = 0;
  #room = 0;

  /** @param afford Whether the sender may have one more page. */
  constructor(
    exchange: Exchange,
    { transaction, cursor, pages }: ListRequest,
    afford: () => boolean,
  ) {
    this.#exchange = exchange;
    this.#transaction = transaction;
    this.#pages = Math.min(pages, MAX_PAGES, 1 + exchange.replies.spare);
    this.#afford = afford;
    this.#from = cursor;
    this.#begin();
  }

  /** Adds a registration; `false` where the page has no room for it. */
  take(registration: Registration): boolean {
    const cost = 1 + namePdus(registration.name, RECORD.name);
    if (cost > this.#room) return false;
    this.#room -= cost;
    this.#end = encodeRecord(this.#exchange.replies.pdus, this.#end, {
      type: "O",
      transaction: this.#transaction,
      size: registration.size,
      address: shownAddress(registration.address),
      port: registration.port,
      peer: registration.peer,
      name: registration.name,
    });
    return true;
  }

  /** Ends a page and begins another, if there is to be one. */
  turn(page: ListPage): boolean {
    if (this.#page + 1 >= this.#pages || !this.#afford()) return false;
    this.#write(page, true);
    this.#page++;
    this.#from = page.cursor;
    this.#begin();
    return true;
  }

  /** Ends the last page. */
  finish(page: ListPage): void {
    if (page.status === "DONE") return this.#write(page, false);
    const transaction = this.#transaction;
    this.#exchange.refuse({ transaction, error: "MALFORMED", text: STALE });
  }

  #begin(): void {
    this.#start = this.#exchange.replies.end;
    this.#end = this.#start + PDU_BYTES;
    this.#room = DATAGRAM_PDUS - 1;
  }

  #write({ count, cursor, empty }: ListPage, more: boolean): void {
    const text = !isLastPage(cursor)
      ? ""
      : empty
      ? LIST_EMPTY_TEXT
      : count === 0
      ? "Nothing matches"
      : "";
    this.#exchange.encodeAck(this.#start, {
      transaction: this.#transaction,
      count,
      cursor,
      text,
      ...markPage({ page: this.#page, more, from: this.#from }),
    });
    this.#exchange.replies.commit(this.#end);
  }
}

const STALE = "The cursor is none of this index's: start the list again";
