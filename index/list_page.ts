/**
 * A page of the list: `A`, then a registration per `O`.
 *
 * @module
 */

import { RECORD } from "../protocol/layout.ts";
import { namePdus, type Transaction } from "../protocol/message.ts";
import { DATAGRAM_PDUS, PDU_BYTES } from "../protocol/pdu.ts";
import { encodeRecord } from "../protocol/reply.ts";
import { isLastPage } from "../protocol/reply.ts";
import type { Exchange } from "./exchange.ts";
import { shownAddress } from "./search_reply.ts";
import type { ListPage, Registration } from "./store.ts";

/** What an empty index says. */
export const LIST_EMPTY_TEXT = "List Empty";

/** Writes a page. The `A` stands first and is written last. */
export class ListPageWriter {
  readonly #exchange: Exchange;
  readonly #transaction: Transaction;
  readonly #start: number;
  #end: number;
  #room = DATAGRAM_PDUS - 1;

  constructor(exchange: Exchange, transaction: Transaction) {
    this.#exchange = exchange;
    this.#transaction = transaction;
    this.#start = exchange.replies.end;
    this.#end = this.#start + PDU_BYTES;
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

  /** Ends the page. */
  finish({ status, count, cursor, empty }: ListPage): void {
    const exchange = this.#exchange;
    const transaction = this.#transaction;
    if (status === "BAD_CURSOR") {
      return exchange.refuse({ transaction, error: "MALFORMED", text: STALE });
    }
    const text = !isLastPage(cursor)
      ? ""
      : empty
      ? LIST_EMPTY_TEXT
      : count === 0
      ? "Nothing matches"
      : "";
    exchange.encodeAck(this.#start, { transaction, count, cursor, text });
    exchange.replies.commit(this.#end);
  }
}

const STALE = "The cursor is none of this index's: start the list again";
