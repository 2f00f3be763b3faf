/**
 * What a peer asks its index: who it is, what it shares, who has what.
 *
 * @module
 */

import { isPort } from "../protocol/address.ts";
import { NO_CURSOR } from "../protocol/request.ts";
import { type BulkOptions, type BulkResult, forAll } from "./bulk.ts";
import { SYSTEM_CLOCK } from "./clock.ts";
import { Greeter } from "./greeter.ts";
import { IndexProtocolError, NotFoundError } from "./index_error.ts";
import type {
  HelloOptions,
  HelloReply,
  IndexClientOptions,
  ListOptions,
  RequestOptions,
} from "./index_client_options.ts";
import { IndexExchange } from "./index_exchange.ts";
import {
  deregisterRequest,
  registerRequest,
  type RegistrationEntry,
  type RegistrationName,
  type SearchQuery,
  searchRequest,
} from "./index_request.ts";
import { type DroppedDatagrams, IndexSocket } from "./index_socket.ts";
import { Listing, type ListPage } from "./listing.ts";
import { ListPages } from "./list_pages.ts";
import type { DroppedReplies } from "./reply_groups.ts";
import { type SearchResult, sourcesOf } from "./source.ts";

export type { BulkOptions, BulkResult } from "./bulk.ts";
export type { Clock } from "./clock.ts";
export type {
  HelloOptions,
  HelloReply,
  IndexClientOptions,
  ListOptions,
  RequestOptions,
} from "./index_client_options.ts";
export type {
  RegistrationEntry,
  RegistrationName,
  SearchQuery,
} from "./index_request.ts";
export type {
  BindDatagramSocket,
  DatagramSocket,
  DroppedDatagrams,
  ResolveHost,
} from "./index_socket.ts";
export type { ListEntry, Listing, ListPage } from "./listing.ts";
export type { DroppedReplies } from "./reply_groups.ts";
export type { SearchResult, Source } from "./source.ts";

const PATIENCE_MS = 60_000;

/**
 * Talks to an index. Every method may be called at any time, also while others
 * wait: what is asked in one turn shares datagrams.
 *
 * A request is repeated until it is answered and given up after 15 seconds
 * without an answer, with an `IndexUnreachableError`. A refusal is an
 * `IndexError`.
 *
 * @example
 * ```ts
 * import { IndexClient, IndexServer, peerName } from "../mod.ts";
 *
 * await using index = await IndexServer.start({
 *   hostname: "127.0.0.1",
 *   port: 0,
 * });
 * await using client = await IndexClient.open({
 *   index: index.addr,
 *   peer: peerName("Alice"),
 * });
 * for await (const { peer, name } of await client.list("photos")) {
 *   console.log(peer, name);
 * }
 * ```
 */
export class IndexClient implements AsyncDisposable {
  /** The index's address as it was given, `host:port`. */
  readonly index: string;
  readonly #greeter: Greeter;
  readonly #exchange: IndexExchange;
  #socket: IndexSocket | undefined;
  #closing: Promise<void> | undefined;

  private constructor(options: IndexClientOptions) {
    const { hostname, port } = options.index;
    this.index = hostname.includes(":") && !hostname.startsWith("[")
      ? `[${hostname}]:${port}`
      : `${hostname}:${port}`;
    const { peer, signer, member, agent, clock = SYSTEM_CLOCK } = options;
    this.#greeter = new Greeter({
      ...{ peer, signer, member, agent, clock },
      index: () => this.#socket!.hostname,
      ask: (kind, signal) => this.#exchange.ask(kind, signal),
    });
    this.#exchange = new IndexExchange({
      index: this.index,
      send: (datagram) => this.#socket!.send(datagram),
      hints: () => this.#hints(),
      session: this.#greeter.gate,
      clock,
      random: options.random ?? randomFraction,
      patienceMs: options.patienceMs ?? PATIENCE_MS,
    });
  }

  /**
   * Finds the index's address and binds a socket. Nothing is sent yet.
   *
   * @throws {RangeError} Where the port is none.
   * @throws {IndexHostError} Where the host name has no address, or no socket
   * can be bound.
   */
  static async open(options: IndexClientOptions): Promise<IndexClient> {
    const { index, bind, resolve, hostname, signal } = options;
    checkPort(index.port);
    const client = new IndexClient(options);
    client.#socket = await IndexSocket.open(index, {
      taker: client.#exchange,
      bind,
      resolve,
      hostname,
      signal,
    });
    return client;
  }

  /** What arrived and was thrown away so far. */
  get dropped(): DroppedReplies & DroppedDatagrams {
    return { ...this.#exchange.dropped, ...this.#socket!.dropped };
  }

  /** Opens or renews the session and the leases of all that it holds, or ends it. */
  hello(options: HelloOptions = {}): Promise<HelloReply> {
    return this.#greeter.hello(options);
  }

  /** Registers a content, or renews its registration. */
  async register(
    entry: RegistrationEntry,
    { signal }: RequestOptions = {},
  ): Promise<void> {
    checkPort(entry.port);
    await this.#exchange.ask(registerRequest(entry), signal);
  }

  /**
   * De-registers a content.
   *
   * @throws {NotFoundError} Where the index has no such registration.
   */
  async deregister(
    registration: RegistrationName,
    { signal }: RequestOptions = {},
  ): Promise<void> {
    try {
      await this.#exchange.ask(deregisterRequest(registration), signal);
    } catch (error) {
      // Where the answer was lost with the index's memory, this is the goal.
      if (error instanceof NotFoundError && error.maybeDone) return;
      throw error;
    }
  }

  /** Registers many. */
  registerAll(
    entries: Iterable<RegistrationEntry>,
    options: BulkOptions<RegistrationEntry, void> = {},
  ): Promise<BulkResult<RegistrationEntry, void>[]> {
    const { signal } = options;
    return forAll(
      entries,
      (entry) => this.register(entry, { signal }),
      options,
    );
  }

  /** De-registers many. */
  deregisterAll(
    names: Iterable<RegistrationName>,
    options: BulkOptions<RegistrationName, void> = {},
  ): Promise<BulkResult<RegistrationName, void>[]> {
    const { signal } = options;
    return forAll(names, (name) => this.deregister(name, { signal }), options);
  }

  /**
   * Searches for the sources of a content.
   *
   * @throws {NotFoundError} Where nobody shares it.
   */
  async search(
    query: SearchQuery,
    { signal }: RequestOptions = {},
  ): Promise<SearchResult> {
    const request = searchRequest(query);
    const { ack, records } = await this.#exchange.ask(request, signal);
    if (!ack.metadata) {
      throw new IndexProtocolError(
        `Cannot ${request.task()}: the index ${this.index} does not say what ` +
          "it is",
      );
    }
    const sources = sourcesOf(records, this.#socket!.hostname);
    return { metadata: ack.metadata, count: ack.count, sources };
  }

  /** Searches for many. A search that finds nothing is a result with an error. */
  searchAll(
    queries: Iterable<SearchQuery>,
    options: BulkOptions<SearchQuery, SearchResult> = {},
  ): Promise<BulkResult<SearchQuery, SearchResult>[]> {
    const { signal } = options;
    return forAll(queries, (query) => this.search(query, { signal }), options);
  }

  /**
   * Lists what is on line.
   *
   * @param filter What to list; all if empty.
   * @returns The first page's count, and all entries as they are read.
   */
  async list(
    filter = "",
    { signal, maxEntries }: ListOptions = {},
  ): Promise<Listing> {
    const pages = this.#listPages(filter, signal);
    const next = (cursor: Uint8Array) => pages.many(cursor);
    return new Listing(await next(NO_CURSOR), { next, maxEntries });
  }

  /**
   * Asks for one page of what is on line, as the index cuts it: it may hold few
   * or none and yet not be the last.
   *
   * @param filter What to list; all if empty.
   * @param options Where to go on, as the page before said; at the start if left
   * out.
   */
  page(
    filter = "",
    { cursor = NO_CURSOR, signal }: RequestOptions & {
      readonly cursor?: Uint8Array | undefined;
    } = {},
  ): Promise<ListPage> {
    return this.#listPages(filter, signal).one(cursor);
  }

  /** Closes the socket. Whoever still waits is told so. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= (async () => {
      await this.#exchange.close(
        new DOMException("The index client is closed", "AbortError"),
      );
      await this.#socket?.[Symbol.asyncDispose]();
    })();
    return this.#closing;
  }

  #listPages(filter: string, signal: AbortSignal | undefined): ListPages {
    const hostname = () => this.#socket!.hostname;
    return new ListPages(this.#exchange, { filter, hostname, signal });
  }

  #hints(): { hint?: string; cause?: unknown } {
    const { failure, strangerHint } = this.#socket!;
    return {
      ...(strangerHint && {
        hint: `an answer came from ${strangerHint} instead: give that address`,
      }),
      ...(failure !== undefined && { cause: failure }),
    };
  }
}

function checkPort(port: number): void {
  if (isPort(port)) return;
  throw new RangeError(`Cannot use ${port} as a port: expected 1 to 65535`);
}

function randomFraction(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]! / 2 ** 32;
}
