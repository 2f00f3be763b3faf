/**
 * Marks by which a request is known again when it arrives a second time.
 *
 * @module
 */

import { ADDRESS_BYTES } from "../protocol/address.ts";
import { REQUEST } from "../protocol/layout.ts";
import type { Span } from "../protocol/message.ts";
import type { Exchange } from "./exchange.ts";
import type { RequestMark } from "./reply_memory.ts";
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
    this.#input.set(sender.address);
    this.#input[ADDRESS_BYTES] = sender.port >> 8;
    this.#input[ADDRESS_BYTES + 1] = sender.port;
    this.#hash.hash(this.#input);
    const { bytes } = request;
    let content = fold(bytes, span.start, withToken ? 0 : TOKEN_START, 0);
    content = withToken
      ? fold(bytes, span.start, span.end - span.start, 0)
      : fold(
        bytes,
        span.start + TOKEN_END,
        span.end - span.start - TOKEN_END,
        content,
      );
    return {
      senderHigh: this.#hash.high,
      senderLow: this.#hash.low,
      transaction: request.u32(span.start, REQUEST.transaction),
      content,
    };
  }
}

// Only a sender's own requests are told apart by this, so it need not be hard
// to predict, but it has to be fast.
function fold(
  bytes: Uint8Array,
  start: number,
  length: number,
  seed: number,
): number {
  let hash = seed;
  for (let i = start; i < start + length; i++) {
    hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
    hash ^= hash >>> 15;
  }
  return hash;
}
