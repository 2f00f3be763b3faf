/**
 * What a peer asks its index: who it is, what it shares, who has what.
 *
 * @module
 */

import {
  type Address,
  formatAddress,
  isPort,
  isUnspecified,
} from "../protocol/address.ts";
import type { Digest } from "../protocol/digest.ts";
import {
  encodeHello,
  type HelloFields,
  type Signer,
} from "../protocol/hello.ts";
import type { PublicKey } from "../protocol/key.ts";
import { namePdus } from "../protocol/message.ts";
import { REQUEST } from "../protocol/layout.ts";
import type { Metadata } from "../protocol/metadata.ts";
import { type ContentName, type PeerName, quote } from "../protocol/name.ts";
import { type Ack, isLastPage, type Reply } from "../protocol/reply.ts";
import {
  encodeDeregister,
  encodeList,
  encodeRegister,
  encodeSearch,
  NO_CURSOR,
} from "../protocol/request.ts";
import { type BulkOptions, type BulkResult, forAll } from "./bulk.ts";
import { type Clock, SYSTEM_CLOCK } from "./clock.ts";
import { IndexProtocolError, NotFoundError } from "./index_error.ts";
import {
  type DroppedReplies,
  IndexExchange,
  type SessionGate,
} from "./index_exchange.ts";
import {
  type BindDatagramSocket,
  type DroppedDatagrams,
  IndexSocket,
} from "./index_socket.ts";
import { Listing, type ListPage } from "./listing.ts";
import type { RequestKind } from "./pending_requests.ts";

/** How an index client is opened. */
export interface IndexClientOptions {
  /** The index's host, a name or an address, and its UDP port. */
  readonly index: { readonly hostname: string; readonly port: number };
  /** The user name to say hello with, where none is given there. */
  readonly peer: PeerName;
  /** The key that owns what is registered; without, this client's socket does. */
  readonly signer?: Signer | undefined;
  /** The program that asks, at most 50 bytes; "peerdex" if left out. */
  readonly agent?: string | undefined;
  /** The local address to send from; any if left out. */
  readonly hostname?: string | undefined;
  /** How long to go on while the index asks to wait, in milliseconds; a minute if left out. */
  readonly patienceMs?: number | undefined;
  /** From 0 up to but not including 1; from the system's generator if left out. */
  readonly random?: (() => number) | undefined;
  /** The machine's own if left out. */
  readonly clock?: Clock | undefined;
  /** Makes the sockets; UDP if left out. */
  readonly bind?: BindDatagramSocket | undefined;
  /** Ends the search for the index's address. */
  readonly signal?: AbortSignal | undefined;
}

/** A signal for a single request. */
export interface RequestOptions {
  /** Ends the wait; the request may have been done all the same. */
  readonly signal?: AbortSignal | undefined;
}

/** What a hello says. */
export interface HelloOptions extends RequestOptions {
  /** The user name; the client's own if left out. */
  readonly peer?: PeerName | undefined;
  /** The TCP port of the content server; 0 where there is none. */
  readonly port?: number | undefined;
  /** The lease wanted, in seconds, up to 65,535; 0 leaves it to the index. */
  readonly lease?: number | undefined;
  /** Whether to end the session and de-register all that it holds. */
  readonly goodbye?: boolean | undefined;
}

/** What the index answers to a hello. */
export interface HelloReply {
  /** The lease granted, in seconds. */
  readonly lease: number;
  /** Registrations that the index holds for this owner. */
  readonly count: number;
  /** The address that the index sees. */
  readonly hostname: string;
  /** The UDP port that the index sees. */
  readonly port: number;
}

/** Names one registration. */
export interface RegistrationName {
  /** The user name that it is made under. */
  readonly peer: PeerName;
  readonly name: ContentName;
}

/** A registration as it is made. */
export interface RegistrationEntry extends RegistrationName {
  /** The TCP port that serves the content, 1 to 65,535. */
  readonly port: number;
  readonly metadata: Metadata;
}

/** What to search for: a name, a digest, or a name with that digest. */
export interface SearchQuery {
  readonly name?: ContentName | undefined;
  readonly digest?: Digest | undefined;
}

/** A peer that has a content. */
export interface Source {
  /** The address of its content server. */
  readonly hostname: string;
  /** The TCP port of its content server. */
  readonly port: number;
  readonly peer: PeerName;
  /** What the content is called there. */
  readonly name: ContentName;
  /** The key of the source's owner. */
  readonly key?: PublicKey;
  /** What this source has, where that differs from what the newest has. */
  readonly metadata?: Metadata;
}

/** What a search found. */
export interface SearchResult {
  /** What the content is, as its newest registration says. */
  readonly metadata: Metadata;
  /** How many sources the index knows. */
  readonly count: number;
  /** Some of them, newest first. */
  readonly sources: readonly Source[];
}

/** How a list is asked for. */
export interface ListOptions extends RequestOptions {
  /** The most entries to take; 10,000,000 if left out. */
  readonly maxEntries?: number | undefined;
}

/** PDUs that the answer to a search or a page of a list is counted as. */
const ANSWER_PDUS = 6;

const AGENT = "peerdex";
const PATIENCE_MS = 60_000;

/** The shortest time that a session is taken to live, whatever lease is granted. */
const SHORTEST_SESSION_MS = 10_000;

/**
 * Talks to an index. Every method may be called at any time, also while others
 * wait: what is asked in one turn shares datagrams.
 *
 * A request is repeated until it is answered and given up after 15 seconds
 * without an answer, with an `IndexUnreachableError`. A refusal is an
 * `IndexError`.
 *
 * @example
 * ```ts ignore
 * await using client = await IndexClient.open({
 *   index: { hostname: "127.0.0.1", port: 60000 },
 *   peer: peerName("Alice"),
 * });
 * const { sources } = await client.search({ name: contentName("a.txt") });
 * ```
 */
export class IndexClient implements AsyncDisposable {
  /** The index's address as it was given, `host:port`. */
  readonly index: string;
  readonly #peer: PeerName;
  readonly #signer: Signer | undefined;
  readonly #agent: string;
  readonly #clock: Clock;
  readonly #exchange: IndexExchange;
  #socket: IndexSocket | undefined;
  #lastHello: Pick<HelloOptions, "peer" | "port" | "lease"> = {};
  #sessionUntil = -Infinity;
  #closing: Promise<void> | undefined;

  private constructor(options: IndexClientOptions) {
    const { hostname, port } = options.index;
    this.index = hostname.includes(":") && !hostname.startsWith("[")
      ? `[${hostname}]:${port}`
      : `${hostname}:${port}`;
    this.#peer = options.peer;
    this.#signer = options.signer;
    this.#agent = options.agent ?? AGENT;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#exchange = new IndexExchange({
      index: this.index,
      send: (datagram) => this.#socket!.send(datagram),
      hints: () => this.#hints(),
      session: this.#sessionGate(),
      clock: this.#clock,
      random: options.random ?? randomFraction,
      patienceMs: options.patienceMs ?? PATIENCE_MS,
    });
  }

  /**
   * Finds the index's address and binds a socket. Nothing is sent yet.
   *
   * @throws {RangeError} Where the port is none.
   * @throws {Error} Where the host name has no address, or no socket can be
   * bound.
   */
  static async open(options: IndexClientOptions): Promise<IndexClient> {
    const { index, bind, hostname, signal } = options;
    checkPort(index.port);
    const client = new IndexClient(options);
    client.#socket = await IndexSocket.open(index, {
      take: (bytes) => client.#exchange.take(bytes),
      bind,
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
  async hello(options: HelloOptions = {}): Promise<HelloReply> {
    const { signal, goodbye = false, ...fields } = options;
    if (!goodbye) this.#lastHello = fields;
    const askedAt = this.#clock.now();
    const { ack } = await this.#ask(
      this.#helloKind({ ...fields, goodbye }),
      signal,
    );
    if (goodbye) this.#sessionUntil = -Infinity;
    else this.#keepSession(askedAt, ack);
    return {
      lease: ack.lease,
      count: ack.count,
      hostname: formatAddress(ack.address),
      port: ack.port,
    };
  }

  /** Registers a content, or renews its registration. */
  async register(
    entry: RegistrationEntry,
    { signal }: RequestOptions = {},
  ): Promise<void> {
    checkPort(entry.port);
    const askedAt = this.#clock.now();
    const { ack } = await this.#ask({
      task: () => `register ${quote(entry.name)} as ${quote(entry.peer)}`,
      pdus: 2 + namePdus(entry.name, REQUEST.name),
      owned: true,
      encode: (pdus, at, fields) =>
        encodeRegister(pdus, at, { ...fields, ...entry }),
    }, signal);
    if (this.#sessionUntil > askedAt) this.#keepSession(askedAt, ack);
  }

  /** De-registers a content. */
  async deregister(
    { peer, name }: RegistrationName,
    { signal }: RequestOptions = {},
  ): Promise<void> {
    try {
      await this.#ask({
        task: () => `de-register ${quote(name)} of ${quote(peer)}`,
        pdus: 1 + namePdus(name, REQUEST.name),
        owned: true,
        encode: (pdus, at, fields) =>
          encodeDeregister(pdus, at, { ...fields, peer, name }),
      }, signal);
    } catch (error) {
      // Sent more than once, it may have been done the first time.
      if (error instanceof NotFoundError && error.sends > 1) return;
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
    const { name, digest } = query;
    const task = () => `find ${name ? quote(name) : "a content by its digest"}`;
    const { ack, replies } = await this.#ask({
      task,
      pdus: ANSWER_PDUS,
      owned: false,
      encode: (pdus, at, fields) =>
        encodeSearch(pdus, at, {
          ...fields,
          ...(name && { name }),
          ...(digest && { digest }),
        }),
    }, signal);
    if (!ack.metadata) {
      throw new IndexProtocolError(
        `Cannot ${task()}: the index ${this.index} did not say what it is`,
      );
    }
    const sources = replies.flatMap((reply) =>
      reply.type === "S" ? [this.#source(reply)] : []
    );
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
    const page = (cursor: Uint8Array) => this.#page(filter, cursor, signal);
    return new Listing(await page(NO_CURSOR), { next: page, maxEntries });
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

  async #ask(
    kind: RequestKind,
    signal: AbortSignal | undefined,
  ): Promise<{ ack: Ack; replies: readonly Reply[] }> {
    const { replies } = await this.#exchange.ask(kind, signal);
    return { ack: replies[0] as Ack, replies };
  }

  async #page(
    filter: string,
    cursor: Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<ListPage> {
    const { ack, replies } = await this.#ask({
      task: () => "list what is on line",
      pdus: ANSWER_PDUS,
      owned: false,
      encode: (pdus, at, fields) =>
        encodeList(pdus, at, { ...fields, filter, cursor }),
    }, signal);
    const entries = replies.flatMap((reply) => {
      if (reply.type !== "O") return [];
      const { peer, name, size, port } = reply;
      return [{ peer, name, size, port, hostname: this.#host(reply.address) }];
    });
    return {
      entries,
      count: ack.count,
      cursor: isLastPage(ack.cursor) ? undefined : ack.cursor,
    };
  }

  #source(reply: Extract<Reply, { type: "S" | "O" }>): Source {
    const { address, port, peer, name, key, metadata } = reply;
    return {
      hostname: this.#host(address),
      port,
      peer,
      name,
      ...(key && { key }),
      ...(metadata && { metadata }),
    };
  }

  /** No address means: the host that the index was reached at. */
  #host(address: Address): string {
    return isUnspecified(address)
      ? this.#socket!.hostname
      : formatAddress(address);
  }

  #helloKind(
    { peer, port, lease, goodbye }: Omit<HelloOptions, "signal">,
  ): RequestKind {
    const hello: Omit<HelloFields, "transaction" | "token"> = {
      peer: peer ?? this.#peer,
      port: port ?? 0,
      lease: lease ?? 0,
      goodbye: goodbye ?? false,
      agent: this.#agent,
    };
    return {
      task: () => goodbye ? "say goodbye" : "open a session",
      pdus: 2,
      owned: false,
      encode: (pdus, at, fields) =>
        encodeHello(pdus, at, { ...hello, ...fields }, this.#signer),
    };
  }

  #keepSession(askedAt: number, { lease }: Ack): void {
    const live = Math.max(lease * 1_000, SHORTEST_SESSION_MS);
    this.#sessionUntil = Math.max(this.#sessionUntil, askedAt + live);
  }

  #sessionGate(): SessionGate {
    return {
      // Without a key this client's socket is the owner: nothing to prove.
      isOpen: () => !this.#signer || this.#clock.now() < this.#sessionUntil,
      open: async () => {
        await this.hello(this.#lastHello);
      },
      forget: () => {
        this.#sessionUntil = -Infinity;
      },
    };
  }

  #hints(): { hint?: string; cause?: unknown } {
    const { sendError, strangerHint } = this.#socket!;
    return {
      ...(strangerHint && {
        hint: `an answer came from ${strangerHint} instead: give that address`,
      }),
      ...(sendError !== undefined && { cause: sendError }),
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
