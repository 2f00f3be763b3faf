/**
 * The reply to a search: `A` and `m`, then a source per `S`.
 *
 * @module
 */

import { type Address, isLoopback, UNSPECIFIED } from "../protocol/address.ts";
import { NAME, RECORD } from "../protocol/layout.ts";
import { namePdus } from "../protocol/message.ts";
import { encodeMetadata } from "../protocol/metadata.ts";
import { DATAGRAM_PDUS } from "../protocol/pdu.ts";
import { encodeRecord } from "../protocol/reply.ts";
import type { Exchange } from "./exchange.ts";
import type { ContentShape, Found, Search, Source } from "./store.ts";

/** PDUs of a reply that sources may take: all but the `A` and its `m`. */
const SEARCH_ROOM = DATAGRAM_PDUS - 2;

/** What a search asks of the store. */
export class SourceSearch implements Search {
  readonly name: Search["name"];
  readonly digest: Search["digest"];
  readonly room: number = SEARCH_ROOM;
  readonly #namePdus: number;

  constructor({ message }: Exchange) {
    const { name, digest, hasDigest } = message;
    this.name = name.length > 0 ? name : undefined;
    this.digest = hasDigest ? digest : undefined;
    const rest = name.length - RECORD.name.bytes;
    this.#namePdus = rest > 0 ? Math.ceil(rest / NAME.name.bytes) : 0;
  }

  /** PDUs that one source takes. */
  cost(source: Source, newest: Source): number {
    const pdus = source.name === undefined
      ? this.#namePdus
      : namePdus(source.name, RECORD.name);
    return 1 + pdus + (differs(source, newest) ? 1 : 0);
  }

  /** Writes the whole reply. Keys get the room that sources have left. */
  write(exchange: Exchange, found: Found): void {
    const { count, digest, newest, sources } = found;
    const { transaction } = exchange.message;
    const { pdus, end: start } = exchange.replies;
    let end = exchange.encodeAck(start, { transaction, count });
    end = encodeMetadata(pdus, end, transaction, metadataOf(newest, digest));
    let spare = this.room;
    for (const source of sources) spare -= this.cost(source, newest);
    for (const source of sources) {
      const key = spare > 0 ? source.key : undefined;
      if (key) spare--;
      end = encodeRecord(pdus, end, {
        type: "S",
        transaction,
        size: source.size,
        address: shownAddress(source.address),
        port: source.port,
        peer: source.peer,
        name: source.name ?? this.name!.subarray(),
        metadata: differs(source, newest)
          ? metadataOf(source, digest)
          : undefined,
        key,
      });
    }
    exchange.replies.commit(end);
  }
}

/** An address as others can use it: that of the index's own host means nothing there. */
export function shownAddress(address: Address): Address {
  return isLoopback(address) ? UNSPECIFIED : address;
}

function metadataOf(shape: ContentShape, digest: Found["digest"]) {
  const { size, exponent, modified, partial } = shape;
  return { size, digest, exponent, modified, partial };
}

// The time of the last change is not worth a PDU: it differs nearly always.
function differs(one: ContentShape, other: ContentShape): boolean {
  return one.partial !== other.partial || one.exponent !== other.exponent ||
    one.size !== other.size;
}
