/**
 * Whether a hello proves that its sender has the key that it shows.
 *
 * @module
 */

import type { ErrorFields } from "../protocol/error_reply.ts";
import type { Hello } from "../protocol/hello.ts";
import { PDU_BYTES } from "../protocol/pdu.ts";
import { Budget } from "./budget.ts";
import type { Exchange } from "./exchange.ts";
import type { KnownAddresses } from "./known_addresses.ts";
import { fitsSignature } from "./signature.ts";
import type { Store } from "./store.ts";

/**
 * Signatures that are checked in a second, which takes about a fifth of it. It
 * is one budget for all: who has many addresses gets no more.
 */
const MAX_CHECKS = 2_000;

const NOT_MEANT =
  "This hello is for another index: sign it with this one's address";

/** Examines hellos with a key. */
export class KeyProof {
  readonly #store: Store;
  readonly #known: KnownAddresses | undefined;
  readonly #checks = new Budget(MAX_CHECKS, 1);

  /** @param known Where peers reach the index; without, any hello is for it. */
  constructor(store: Store, known: KnownAddresses | undefined) {
    this.#store = store;
    this.#known = known;
  }

  /**
   * What is wrong with a hello, if anything.
   *
   * @param exchange Where it came in.
   * @param start Where in the datagram it begins.
   */
  doubt(
    { address, signed }: Hello,
    { exchange, start, now }: {
      exchange: Exchange;
      start: number;
      now: number;
    },
  ): Omit<ErrorFields, "transaction"> | undefined {
    if (!signed) return undefined;
    const { request, sender } = exchange;
    if (this.#known?.includes(address, sender.address) === false) {
      return { error: "SIGNATURE", text: NOT_MEANT };
    }
    // Where the endpoint acts for the key already, its token says enough: so a
    // heartbeat costs little, and who floods keeps nobody from his. A store that
    // cannot tell has no such limit, or it would keep heartbeats away.
    if (this.#store.actsFor) {
      if (this.#store.actsFor(sender, signed.key, now)) return undefined;
      if (this.#checks.spend("all", now) !== "SERVE") {
        return { error: "BUSY", retryAfter: 1 };
      }
    }
    const head = request.bytes.subarray(start, start + PDU_BYTES);
    return fitsSignature(head, signed) ? undefined : { error: "SIGNATURE" };
  }
}
