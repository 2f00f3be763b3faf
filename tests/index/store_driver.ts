/**
 * Asks a store in few words, with a clock that is moved by hand.
 *
 * @module
 */

import { parseFilter } from "../../index/filter.ts";
import type { RequestMark } from "../../index/reply_memory.ts";
import { type Sender, SenderTable } from "../../index/sender.ts";
import type {
  Filter,
  ListPage,
  Outcome,
  RegisterResult,
  SearchResult,
  SessionResult,
  Store,
  StoreCounts,
} from "../../index/store.ts";
import { DigestView, TextView } from "../../index/text_view.ts";
import { DIGEST_BYTES } from "../../protocol/digest.ts";
import type { PublicKey } from "../../protocol/key.ts";
import { isLastPage } from "../../protocol/reply.ts";
import { NO_CURSOR } from "../../protocol/request.ts";

/** A store to be tested, which ends with its test. */
export interface OpenedStore extends AsyncDisposable {
  readonly store: Store;
  /** Whether it knows a request again by its mark. */
  readonly keepsMarks?: boolean;
  /** Waits until what was begun in the background is done. */
  readonly settle?: () => Promise<void>;
  /** Makes lasting what was done, after every change. */
  readonly commit?: (now: number) => void;
}

/** Asks a store. Peers are numbers: 1 and 101 have one address, 1 and 2 not. */
export class StoreDriver implements AsyncDisposable {
  /** The time in milliseconds since 1970. */
  now: number;
  readonly #opened: OpenedStore;
  readonly #store: Store;
  readonly #senders = new SenderTable();

  constructor(opened: OpenedStore, now: number) {
    this.#opened = opened;
    this.#store = opened.store;
    this.now = now;
  }

  /** Whether the store knows a request again by its mark. */
  get keepsMarks(): boolean {
    return this.#opened.keepsMarks ?? false;
  }

  /** Moves the clock. */
  pass(ms: number): void {
    this.now += ms;
  }

  /** Frees everything that has run out, and waits for it. */
  async settle(): Promise<void> {
    while (this.#store.sweep(this.now));
    await this.#opened.settle?.();
  }

  counts(): StoreCounts {
    return this.#store.counts();
  }

  open(
    from: number,
    { key, port = 0, leaseMs = 60_000, repeated = false }: {
      key?: number;
      port?: number;
      leaseMs?: number;
      repeated?: boolean;
    } = {},
  ): Promise<SessionResult> {
    return this.#changed(this.#store.open({
      from: this.#sender(from),
      ...(key !== undefined && { key: keyOf(key) }),
      port,
      leaseMs,
      repeated,
    }, this.now));
  }

  close(from: number, { key }: { key?: number } = {}): Promise<void> {
    return this.#changed(this.#store.close({
      from: this.#sender(from),
      ...(key !== undefined && { key: keyOf(key) }),
    }, this.now));
  }

  register(
    peer: string,
    name: string,
    { from = 1, digest = 1, port = 5_000, size = 100, mark }: {
      from?: number;
      digest?: number;
      port?: number;
      size?: number;
      mark?: RequestMark;
    } = {},
  ): Promise<RegisterResult> {
    return this.#changed(this.#store.register({
      from: this.#sender(from),
      ...(mark && { mark }),
      content: {
        peer: new TextView().assign(peer),
        name: new TextView().assign(name),
        digest: digestOf(digest),
        size,
        exponent: 18,
        modified: 1_700_000_000_123,
        partial: false,
      },
      port,
      leaseMs: 60_000,
    }, this.now));
  }

  deregister(peer: string, name: string, from = 1): Promise<boolean> {
    return this.#changed(this.#store.deregister({
      from: this.#sender(from),
      peer: new TextView().assign(peer),
      name: new TextView().assign(name),
    }, this.now));
  }

  async search(
    name: string | undefined,
    digest?: number,
    room = 10,
  ): Promise<SearchResult> {
    return await this.#store.search({
      name: name === undefined ? undefined : new TextView().assign(name),
      digest: digest === undefined ? undefined : digestOf(digest),
      room,
      cost: () => 1,
    }, this.now);
  }

  /** The peers that a search gives, in order. */
  async sources(name: string, digest?: number, room = 10): Promise<string[]> {
    const found = await this.search(name, digest, room);
    return found.status === "FOUND"
      ? found.sources.map((source) => source.peer)
      : [];
  }

  /** The port at which each of these contents is served. */
  async ports(...names: readonly string[]): Promise<number[]> {
    const ports = [];
    for (const name of names) {
      const found = await this.search(name);
      ports.push(found.status === "FOUND" ? found.newest.port : 0);
    }
    return ports;
  }

  /** A page of the list, entries as `peer name`. */
  async page(
    cursor: Uint8Array,
    { filter = "", room = 10 }: { filter?: string; room?: number } = {},
  ): Promise<ListPage & { readonly shown: readonly string[] }> {
    const shown: string[] = [];
    const page = await this.#store.list({
      cursor,
      filter: parseFilter(filter),
      take: ({ peer, name }) => {
        if (shown.length >= room) return false;
        shown.push(`${peer} ${name}`);
        return true;
      },
    }, this.now);
    return { ...page, shown };
  }

  /** The pages of one request, as many as the store gives. */
  async pages(
    cursor: Uint8Array,
    { filter, room = 10, most = Infinity }: {
      filter?: Filter | undefined;
      room?: number;
      most?: number;
    } = {},
  ): Promise<(ListPage & { readonly shown: readonly string[] })[]> {
    const pages: (ListPage & { shown: string[] })[] = [];
    let shown: string[] = [];
    const turn = (page: ListPage) => {
      if (pages.length + 1 >= most) return false;
      pages.push({ ...page, shown });
      shown = [];
      return true;
    };
    const last = await this.#store.list({
      cursor,
      filter,
      take: ({ peer, name }) => {
        if (shown.length >= room) return false;
        shown.push(`${peer} ${name}`);
        return true;
      },
      turn,
    }, this.now);
    return [...pages, { ...last, shown }];
  }

  /** Everything that a list shows. */
  async list(filter = ""): Promise<string[]> {
    const all: string[] = [];
    for (let cursor: Uint8Array = NO_CURSOR;;) {
      const page = await this.page(cursor, { filter });
      all.push(...page.shown);
      if (isLastPage(page.cursor)) return all;
      cursor = page.cursor;
    }
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#opened[Symbol.asyncDispose]();
  }

  async #changed<T>(outcome: Outcome<T>): Promise<T> {
    const result = await outcome;
    this.#opened.commit?.(this.now);
    return result;
  }

  #sender(number: number): Sender {
    return this.#senders.sender(`192.0.2.${number % 100}`, 1_000 + number)!;
  }
}

function keyOf(number: number): PublicKey {
  return new Uint8Array(32).fill(number) as PublicKey;
}

function digestOf(number: number): DigestView {
  return new DigestView().point(new Uint8Array(DIGEST_BYTES).fill(number), 0);
}
