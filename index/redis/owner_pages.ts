/**
 * Pages of the owners. Owners lie in the order in which they were made, and a
 * cursor says behind which one to go on: who is there throughout is shown
 * exactly once, whoever comes and goes meanwhile.
 *
 * @module
 */

import type { Buffer } from "node:buffer";
import type { Address } from "../../protocol/address.ts";
import type { PublicKey } from "../../protocol/key.ts";
import type { PeerName } from "../../protocol/name.ts";
import type { ListPage, OwnerList } from "../store.ts";
import type { RedisReply } from "./redis_client.ts";
import { EntryCursorCodec } from "./entry_cursor.ts";
import type { OwnerRange } from "./request_packer.ts";

/** What pages are made with. */
export interface OwnerPagesOptions {
  /** What the registry was given when it was made. */
  readonly epoch: Uint8Array;
  /** Shows owners. */
  readonly show: (range: OwnerRange, now: number) => Promise<RedisReply>;
}

/** Owners that are looked at in one go, and how often for one page. */
const BATCH = 128;
const BATCHES = 4;

/** Fields before the owners in a reply, and fields of an owner. */
const HEAD = 3;
const FIELDS = 7;

/** Makes pages. */
export class OwnerPages {
  readonly #options: OwnerPagesOptions;
  readonly #cursors: EntryCursorCodec;

  constructor(options: OwnerPagesOptions) {
    this.#options = options;
    this.#cursors = new EntryCursorCodec(options.epoch);
  }

  /** Makes a page. */
  async page({ cursor, take }: OwnerList, now: number): Promise<ListPage> {
    const from = this.#cursors.decode(cursor);
    if (!from) {
      return { status: "BAD_CURSOR", count: 0, cursor, empty: false };
    }
    let { entry: last } = from;
    for (let batch = 1;; batch++) {
      const range = { after: last, most: BATCH };
      const reply = await this.#options.show(range, now) as readonly Buffer[];
      const [count, looked] = reply.slice(0, HEAD).map(Number) as [
        number,
        number,
      ];
      const page = (goOn: boolean): ListPage => ({
        status: "DONE",
        count,
        cursor: goOn
          ? this.#cursors.encode({ entry: last, count: 0 })
          : this.#cursors.end(),
        empty: count === 0,
      });
      for (let at = HEAD; at < reply.length; at += FIELDS) {
        const [number, peer, address, port, held, leaseEnd, key] = reply.slice(
          at,
          at + FIELDS,
        ) as [Buffer, Buffer, Buffer, Buffer, Buffer, Buffer, Buffer];
        const taken = take({
          peer: peer.length > 0 ? peer.toString() as PeerName : undefined,
          address: address as Uint8Array as Address,
          port: Number(port),
          registrations: Number(held),
          leaseEnd: Number(leaseEnd),
          key: key.length > 0 ? key as Uint8Array as PublicKey : undefined,
        });
        if (!taken) return page(true);
        last = Number(number);
      }
      last = Number(reply[2]);
      if (looked < BATCH || batch === BATCHES) return page(looked === BATCH);
    }
  }
}
