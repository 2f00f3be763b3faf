/**
 * The registry as people look at it: pages of registrations and owners, and the
 * sources of a content, without ever holding up requests.
 *
 * @module
 */

import { formatAddress } from "../protocol/address.ts";
import { isLastPage } from "../protocol/reply.ts";
import { NO_CURSOR } from "../protocol/request.ts";
import { parseFilter } from "./filter.ts";
import { LoopShare } from "./loop_share.ts";
import type {
  ListPage,
  Outcome,
  OwnerView,
  Registration,
  Source,
  Store,
} from "./store.ts";
import { TextView } from "./text_view.ts";

/** Steps that one page may take: what is not found then is for the next one. */
const MAX_STEPS = 40;

/** Sources that are shown of one content. */
const MAX_SOURCES = 100;

/** Which page is wanted. */
export interface PageRequest {
  /** Where to go on, from the page before; without, the first page. */
  readonly cursor?: string | undefined;
  /** How many entries to show at most. */
  readonly limit: number;
}

/** A page of entries. */
export interface Page<T> {
  /** What it shows. */
  readonly entries: readonly T[];
  /** How many there are as far as known, with those of earlier pages. */
  readonly count: number;
  /** Where to go on, or `null` at the end. */
  readonly cursor: string | null;
}

/** A place that content comes from, as people read it. */
export interface ShownPlace {
  /** The peer's name, where it is known. */
  readonly peer: string | null;
  /** Its IP address. */
  readonly address: string;
  /** Its TCP port. */
  readonly port: number;
  /** How long its lease has still, in milliseconds. */
  readonly leaseMs: number;
}

/** A registration as people read it. */
export interface ShownRegistration extends ShownPlace {
  /** The name of the content. */
  readonly name: string;
  /** Its size in bytes. */
  readonly size: number;
}

/** An owner as people read it. */
export interface ShownOwner extends ShownPlace {
  /** How many registrations it holds. */
  readonly registrations: number;
  /** Its public key in hexadecimal digits, where it has shown one. */
  readonly key: string | null;
}

/** A source as people read it. */
export interface ShownSource extends ShownPlace {
  /** Bytes that this source registered. */
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
  /** Whether it has only a part of the content so far. */
  readonly partial: boolean;
  /** The public key of its owner in hexadecimal digits, where it has one. */
  readonly key: string | null;
}

/** A content and who has it. */
export interface ShownContent {
  /** Its name. */
  readonly name: string;
  /** Its size in bytes. */
  readonly size: number;
  /** Its digest in hexadecimal digits. */
  readonly digest: string;
  /** Bytes of a piece. */
  readonly pieceSize: number;
  /** How many sources there are; not all of them may be shown. */
  readonly count: number;
  /** Some of them, the newest first. */
  readonly sources: readonly ShownSource[];
}

/** A cursor that the store does not know (any more). */
export class CursorError extends Error {
  /** The name of the class. */
  override readonly name = "CursorError";

  /** Says so. */
  constructor() {
    super("Cannot go on from this cursor: start the list again without one");
  }
}

/** Looks at a store. */
export class RegistryView implements Disposable {
  readonly #store: Store;
  readonly #clock: () => number;
  readonly #share: LoopShare;

  /**
   * Looks at a store.
   *
   * @param times `clock` gives milliseconds since 1970, `timer` milliseconds
   * since any moment, as finely as there are.
   */
  constructor(
    store: Store,
    { clock, timer }: { clock: () => number; timer: () => number },
  ) {
    this.#store = store;
    this.#clock = clock;
    this.#share = new LoopShare(timer);
  }

  /**
   * A page of the registrations that fit a filter. A page that took long ends
   * early, with few entries or none, and is gone on from its cursor.
   *
   * @throws {CursorError} Where the cursor is none of this store's.
   */
  registrations(
    { filter = "", ...page }: PageRequest & { readonly filter?: string },
    signal?: AbortSignal,
  ): Promise<Page<ShownRegistration>> {
    const parsed = parseFilter(filter);
    return this.#page<Registration, ShownRegistration>(
      page,
      (cursor, take) =>
        this.#store.list({ cursor, filter: parsed, take }, this.#clock()),
      ({ name, size, ...place }) => ({ name, size, ...this.#place(place) }),
      signal,
    );
  }

  /**
   * A page of the owners.
   *
   * @throws {CursorError} Where the cursor is none of this store's.
   */
  owners(
    page: PageRequest,
    signal?: AbortSignal,
  ): Promise<Page<ShownOwner>> {
    return this.#page<OwnerView, ShownOwner>(
      page,
      (cursor, take) => this.#store.owners({ cursor, take }, this.#clock()),
      ({ registrations, key, ...place }) => ({
        registrations,
        key: key?.toHex() ?? null,
        ...this.#place(place),
      }),
      signal,
    );
  }

  /** Who has a content, or `undefined` where nobody does. */
  content(
    name: string,
    signal?: AbortSignal,
  ): Promise<ShownContent | undefined> {
    return this.#share.run(async () => {
      const found = await this.#store.search({
        name: new TextView().assign(name),
        digest: undefined,
        room: MAX_SOURCES,
        cost: () => 1,
      }, this.#clock());
      if (found.status !== "FOUND") return undefined;
      const { count, newest, sources, digest } = found;
      return {
        name,
        size: newest.size,
        digest: digest.toHex(),
        pieceSize: 2 ** newest.exponent,
        count,
        sources: sources.map((source) => this.#source(source)),
      };
    }, signal);
  }

  /** Looks no more. */
  [Symbol.dispose](): void {
    this.#share[Symbol.dispose]();
  }

  async #page<T, Shown>(
    { cursor, limit }: PageRequest,
    list: (
      cursor: Uint8Array,
      take: (entry: T) => boolean,
    ) => Outcome<ListPage>,
    show: (entry: T) => Shown,
    signal: AbortSignal | undefined,
  ): Promise<Page<Shown>> {
    const entries: Shown[] = [];
    const take = (entry: T) => {
      if (entries.length >= limit) return false;
      entries.push(show(entry));
      return true;
    };
    let from = cursorBytes(cursor);
    for (let step = 1;; step++) {
      const at = from;
      const page = await this.#share.run(() => list(at, take), signal);
      if (page.status === "BAD_CURSOR") throw new CursorError();
      const last = isLastPage(page.cursor);
      if (last || entries.length >= limit || step >= MAX_STEPS) {
        const next = last ? null : page.cursor.toHex();
        return { entries, count: page.count, cursor: next };
      }
      from = page.cursor;
    }
  }

  #source(source: Source): ShownSource {
    const { size, modified, partial, key } = source;
    return {
      size,
      modified,
      partial,
      key: key?.toHex() ?? null,
      ...this.#place(source),
    };
  }

  #place(
    { peer, address, port, leaseEnd }: Pick<
      OwnerView,
      "peer" | "address" | "port" | "leaseEnd"
    >,
  ): ShownPlace {
    return {
      peer: peer ?? null,
      address: formatAddress(address),
      port,
      leaseMs: Math.max(0, Math.round(leaseEnd - this.#clock())),
    };
  }
}

function cursorBytes(hex: string | undefined): Uint8Array {
  if (hex === undefined) return NO_CURSOR;
  if (hex.length !== NO_CURSOR.length * 2 || !/^[0-9a-f]*$/.test(hex)) {
    throw new CursorError();
  }
  return Uint8Array.fromHex(hex);
}
