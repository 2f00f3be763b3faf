/**
 * A look at all requests of a datagram before the first is answered: what a
 * store has to find for them is far away in memory, and is waited for once where
 * it would have been waited for each time.
 *
 * @module
 */

import { REQUEST } from "../protocol/layout.ts";
import { DATAGRAM_PDUS, PDU_BYTES, PDU_TYPE } from "../protocol/pdu.ts";
import type { Exchange } from "./exchange.ts";
import type { Store } from "./store.ts";
import { TextView } from "./text_view.ts";

/** Tells a store what it is asked next. */
export class Lookahead {
  readonly #store: Pick<Store, "touch">;
  readonly #names = Array.from(
    { length: DATAGRAM_PDUS },
    () => new TextView(),
  );

  constructor(store: Pick<Store, "touch">) {
    this.#store = store;
  }

  /** Looks at a datagram; names that may go on in further PDUs are left out. */
  look({ request, length }: Exchange): void {
    if (!this.#store.touch) return;
    const { bytes } = request;
    let count = 0;
    for (let at = 0; at < length; at += PDU_BYTES) {
      switch (request.type(at)) {
        case PDU_TYPE.REGISTER:
        case PDU_TYPE.DEREGISTER:
        case PDU_TYPE.SEARCH: {
          const start = at + 1 + REQUEST.name.offset;
          const limit = start + REQUEST.name.bytes;
          let end = start;
          while (end < limit && bytes[end] !== 0) end++;
          if (end === limit) continue;
          this.#names[count++]!.point(bytes, start, end - start);
        }
      }
    }
    this.#store.touch(this.#names, count);
  }
}
