/**
 * Marks by which a request is known again when it arrives a second time.
 *
 * @module
 */

import { ADDRESS_BYTES } from "../protocol/address.ts";
import { type Field, REQUEST } from "../protocol/layout.ts";
import type { Span } from "../protocol/message.ts";
import type { PduBuffer } from "../protocol/pdu_buffer.ts";
import type { Exchange } from "./exchange.ts";
import type { RequestMark } from "./reply_memory.ts";
import type { Sender } from "./sender.ts";
import { SipHash } from "./siphash.ts";

const TOKEN_START = 1 + REQUEST.token.offset;
const TOKEN_END = TOKEN_START + REQUEST.token.bytes;

/** Makes marks. */
export class RequestMarker {
  readonly #hash: SipHash;
  readonly #input = new Uint8Array(ADDRESS_BYTES + 2);

  /** @param secret 16 random bytes: nobody else can tell whose marks collide. */
  constructor(secret: Uint8Array) {
    this.#hash = new SipHash(secret);
  }

  /**
   * The mark of a request: who sent it, its transaction, and what it asks.
   *
   * @param withToken Whether the same request with another token is another.
   */
  mark(exchange: Exchange, span: Span, withToken = false): RequestMark {
    const { request, sender } = exchange;
    if (!sender.isMarked) this.#markSender(sender);
    const from = span.start + (withToken ? 0 : TOKEN_END);
    return {
      senderHigh: sender.markHigh,
      senderLow: sender.markLow,
      transaction: request.u32(span.start, REQUEST.transaction),
      content: fold(request, from, span.end) ^ request.type(span.start),
    };
  }

  #markSender(sender: Sender): void {
    this.#input.set(sender.address);
    this.#input[ADDRESS_BYTES] = sender.port >> 8;
    this.#input[ADDRESS_BYTES + 1] = sender.port;
    this.#hash.hash(this.#input);
    sender.markHigh = this.#hash.high;
    sender.markLow = this.#hash.low;
    sender.isMarked = true;
  }
}

/** Any four bytes, as a field of a PDU whose type is the byte before them. */
const WORD: Field = { offset: -1, bytes: 4 };

// Only a sender's own requests are told apart by this, so it need not be hard
// to predict, but it has to be fast: two halves wait for each other in nothing.
function fold(pdus: PduBuffer, from: number, end: number): number {
  let even = 0x243f6a88;
  let odd = 0x13198a2e;
  let at = from;
  for (; at + 8 <= end; at += 8) {
    even = Math.imul(even ^ pdus.u32(at, WORD), 0x9e3779b1);
    even ^= even >>> 15;
    odd = Math.imul(odd ^ pdus.u32(at + 4, WORD), 0x85ebca6b);
    odd ^= odd >>> 13;
  }
  for (; at < end; at++) {
    even = Math.imul(even ^ pdus.type(at), 0x9e3779b1);
    even ^= even >>> 15;
  }
  return Math.imul(even, 0xc2b2ae35) ^ odd;
}
