/**
 * The reply to a search: `A` and `m`, then a source per `S`.
 *
 * @module
 */

import { type Address, isLoopback, UNSPECIFIED } from "../protocol/address.ts";
import { RECORD } from "../protocol/layout.ts";
import { namePdus, type Transaction } from "../protocol/message.ts";
import type { Metadata } from "../protocol/metadata.ts";
import { DATAGRAM_PDUS } from "../protocol/pdu.ts";
import { encodeRecord } from "../protocol/reply.ts";
import type { Exchange } from "./exchange.ts";
import type { Registration } from "./store.ts";

/** PDUs of a reply that sources may take: all but the `A` and its `m`. */
export const SEARCH_ROOM: number = DATAGRAM_PDUS - 2;

/** PDUs that one source takes. */
export function sourceCost(source: Registration, newest: Metadata): number {
  return 1 + namePdus(source.name, RECORD.name) +
    (differs(source.metadata, newest) ? 1 : 0);
}

/** Writes the whole reply. Keys get the room that sources have left. */
export function writeSources(
  exchange: Exchange,
  { transaction, count, metadata, sources }: {
    transaction: Transaction;
    count: number;
    metadata: Metadata;
    sources: readonly Registration[];
  },
): void {
  const { replies } = exchange;
  let end = exchange.encodeAck(replies.end, { transaction, count, metadata });
  let spare = SEARCH_ROOM;
  for (const source of sources) spare -= sourceCost(source, metadata);
  for (const source of sources) {
    const key = spare > 0 ? source.key : undefined;
    if (key) spare--;
    end = encodeRecord(replies.pdus, end, {
      type: "S",
      transaction,
      size: source.metadata.size,
      address: shownAddress(source.address),
      port: source.port,
      peer: source.peer,
      name: source.name,
      ...(differs(source.metadata, metadata) && { metadata: source.metadata }),
      ...(key && { key }),
    });
  }
  replies.commit(end);
}

/** An address as others can use it: that of the index's own host means nothing there. */
export function shownAddress(address: Address): Address {
  return isLoopback(address) ? UNSPECIFIED : address;
}

// The time of the last change is not worth a PDU: it differs nearly always.
function differs(one: Metadata, other: Metadata): boolean {
  return one.partial !== other.partial || one.exponent !== other.exponent ||
    one.size !== other.size;
}
