/**
 * Pages of the list. Entries lie in the order in which they were made, and a
 * cursor says behind which one to go on: what is there throughout is shown
 * exactly once, whatever comes and goes meanwhile.
 *
 * @module
 */

import type { Buffer } from "node:buffer";
import type { Address } from "../../protocol/address.ts";
import type { ContentName, PeerName } from "../../protocol/name.ts";
import { LIST_BUDGET, LOOK_COST } from "../filter.ts";
import type { Filter, List, ListPage } from "../store.ts";
import { EntryCursorCodec } from "./entry_cursor.ts";
import type { KeyName } from "./keys.ts";
import type { RedisArgument, RedisReply } from "./redis_client.ts";
import { readShape } from "./request_packer.ts";

/** What pages are made with. */
export interface EntryPagesOptions {
  /** What the registry was given when it was made. */
  readonly epoch: Uint8Array;
  readonly key: (name: KeyName) => string;
  /** Shows entries. */
  readonly show: (args: readonly RedisArgument[]) => Promise<RedisReply>;
  /** Sends a command. */
  readonly send: (args: readonly RedisArgument[]) => Promise<RedisReply>;
}

/** Work that one request may cost, in pieces that each hold the loop on their own. */
const PAGE_BUDGET = 2 * LIST_BUDGET;

/** What showing an entry costs beside looking at it. */
const SHOW_COST = 66;

/** Entries that are fetched in one go, all to be shown or to be filtered. */
const SHOWN_BATCH = 24;
const FILTERED_BATCH = 96;

/** Fields of an entry in a reply. */
const FIELDS = 5;

interface Entry {
  readonly number: number;
  readonly field: Buffer;
  readonly peer: string;
  readonly name: string;
}

/** Makes pages. */
export class EntryPages {
  readonly #options: EntryPagesOptions;
  readonly #cursors: EntryCursorCodec;

  constructor(options: EntryPagesOptions) {
    this.#options = options;
    this.#cursors = new EntryCursorCodec(options.epoch);
  }

  /** Makes a page, or several. `time` is what scripts are to take as the time. */
  async page(request: List, time: RedisArgument): Promise<ListPage> {
    const { cursor, filter, take, turn } = request;
    const from = this.#cursors.decode(cursor);
    const known = await this.#known();
    const empty = known === 0;
    if (!from) return { status: "BAD_CURSOR", count: known, cursor, empty };
    let { entry: last, count } = from;
    const page = (goOn: boolean): ListPage => ({
      status: "DONE",
      count: filter ? count : known,
      cursor: goOn
        ? this.#cursors.encode({ entry: last, count })
        : this.#cursors.end(),
      empty,
    });
    const batch = filter ? FILTERED_BATCH : SHOWN_BATCH;
    for (let budget = PAGE_BUDGET; budget > 0;) {
      const entries = await this.#after(last, batch);
      const { looked, work, matching } = lookAt(entries, filter);
      budget -= work;
      for (let at = 0; at < matching.length; at += SHOWN_BATCH) {
        const some = matching.slice(at, at + SHOWN_BATCH);
        // The first are shown whatever it costs, or there were no end of it.
        if (at > 0 && budget <= 0) {
          last = some[0]!.number - 1;
          return page(true);
        }
        budget -= SHOW_COST * some.length;
        const fields = await this.#show(some, time);
        for (const [i, entry] of some.entries()) {
          const place = fields.slice(i * FIELDS, (i + 1) * FIELDS);
          const [number, address, port, shape, leaseEnd] = place;
          // Dead, gone, or another one by now, which has a later place.
          if (Number(number) !== entry.number) continue;
          const shown = {
            peer: entry.peer as PeerName,
            name: entry.name as ContentName,
            address: address as Uint8Array as Address,
            port: Number(port),
            size: readShape(shape!).size,
            leaseEnd: Number(leaseEnd),
          };
          if (!take(shown)) {
            last = entry.number - 1;
            const full = page(true);
            if (!turn?.(full) || !take(shown)) return full;
          }
          count++;
        }
      }
      if (looked === entries.length && looked < batch) return page(false);
      last = entries[looked - 1]!.number;
    }
    return page(true);
  }

  async #known(): Promise<number> {
    const { send, key } = this.#options;
    return Number(await send(["HGET", key("meta"), "registrations"]) ?? 0);
  }

  async #after(number: number, most: number): Promise<Entry[]> {
    const { send, key } = this.#options;
    const reply = await send([
      "ZRANGEBYSCORE",
      key("entries"),
      `(${number}`,
      "+inf",
      "WITHSCORES",
      "LIMIT",
      "0",
      String(most),
    ]) as readonly Buffer[];
    const entries: Entry[] = [];
    for (let at = 0; at < reply.length; at += 2) {
      const field = reply[at]!;
      const end = field.indexOf(0);
      entries.push({
        number: Number(reply[at + 1]),
        field,
        peer: field.toString("utf8", 0, end),
        name: field.toString("utf8", end + 1),
      });
    }
    return entries;
  }

  async #show(
    entries: readonly Entry[],
    time: RedisArgument,
  ): Promise<readonly Buffer[]> {
    const fields = entries.map(({ field }) => field);
    return await this.#options.show([time, ...fields]) as readonly Buffer[];
  }
}

/** Which entries match, of as many as the loop may be held for. */
function lookAt(entries: readonly Entry[], filter: Filter | undefined) {
  if (!filter) {
    const work = LOOK_COST * entries.length;
    return { looked: entries.length, work, matching: entries };
  }
  const matching: Entry[] = [];
  let looked = 0;
  let work = 0;
  while (looked < entries.length && work < LIST_BUDGET) {
    const entry = entries[looked++]!;
    work += LOOK_COST + filter.cost * entry.name.length;
    if (filter.matches(entry.peer, entry.name)) matching.push(entry);
  }
  return { looked, work, matching };
}
