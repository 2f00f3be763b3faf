/**
 * Tokens: proof that a sender really receives at the address that it sends
 * from. The index keeps nothing for them: a token is a keyed hash over address,
 * port and time, made again when it comes back.
 *
 * @module
 */

import { type Address, ADDRESS_BYTES } from "../protocol/address.ts";
import type { Sender } from "./sender.ts";
import { SipHash } from "./siphash.ts";

/** How long one token is handed out. It is accepted for as long again. */
export const TOKEN_SLOT_MS = 60_000;

/** The longest that a token stays valid. */
export const TOKEN_LIFE_MS = 2 * TOKEN_SLOT_MS;

/**
 * Makes tokens, and knows them again: SipHash-2-4 over the 16 bytes of the
 * source address, the source port and the number of the minute.
 */
export class TokenMint {
  readonly #hash: SipHash;
  // Address 16, port 2, slot 4.
  readonly #input = new Uint8Array(ADDRESS_BYTES + 6);
  readonly #output = new DataView(new ArrayBuffer(8));

  /** @param secret 16 random bytes, new for every start of an index. */
  constructor(secret: Uint8Array) {
    this.#hash = new SipHash(secret);
  }

  /** Gives a sender the token of this minute, where it has not got it. */
  renew(sender: Sender, now: number): void {
    const slot = Math.floor(now / TOKEN_SLOT_MS);
    if (sender.tokenSlot === slot) return;
    const token = this.token(sender.address, sender.port, { now });
    sender.token = token;
    sender.tokenHigh = Number(token >> 32n);
    sender.tokenLow = Number(token & 0xffff_ffffn);
    sender.tokenSlot = slot;
  }

  /**
   * The token of an endpoint.
   *
   * @param now Milliseconds since 1970.
   * @param age 0 for the token that is handed out now, 1 for the one before it,
   * which is still accepted.
   */
  token(
    address: Address,
    port: number,
    { now, age = 0 }: { now: number; age?: 0 | 1 },
  ): bigint {
    this.#fold(address, port, Math.floor(now / TOKEN_SLOT_MS) - age);
    this.#output.setInt32(0, this.#hash.high);
    this.#output.setInt32(4, this.#hash.low);
    // Zero means "no token" on the wire; one in 2^64 tokens would be it.
    return this.#output.getBigUint64(0) || 1n;
  }

  #fold(address: Address, port: number, slot: number): void {
    const input = this.#input;
    for (let i = 0; i < ADDRESS_BYTES; i++) input[i] = address[i]!;
    input[16] = port >> 8;
    input[17] = port;
    input[18] = slot >> 24;
    input[19] = slot >> 16;
    input[20] = slot >> 8;
    input[21] = slot;
    this.#hash.hash(input);
  }
}
