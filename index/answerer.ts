/**
 * Answers requests whose sender is proven: what the store says, and the rules
 * that do not depend on what is stored.
 *
 * @module
 */

import { SEARCH_NOT_FOUND_TEXT } from "../protocol/error_code.ts";
import type { Hello } from "../protocol/hello.ts";
import type { Span } from "../protocol/message.ts";
import { PDU_BYTES } from "../protocol/pdu.ts";
import type {
  DeregisterRequest,
  ListRequest,
  RegisterRequest,
  Request,
  SearchRequest,
} from "../protocol/request.ts";
import type { Exchange } from "./exchange.ts";
import { parseFilter } from "./filter.ts";
import { grantLease, type LeaseTerms } from "./lease.ts";
import { ListPageWriter } from "./list_page.ts";
import type { ReplyMemory } from "./reply_memory.ts";
import { RequestMarker } from "./request_mark.ts";
import { SEARCH_ROOM, sourceCost, writeSources } from "./search_reply.ts";
import { fitsSignature } from "./signature.ts";
import type {
  ListPage,
  RegisterResult,
  SearchResult,
  SessionResult,
  Store,
} from "./store.ts";

/** What answering needs. */
export interface AnswererOptions {
  readonly store: Store;
  /** What was answered before. */
  readonly memory: ReplyMemory;
  readonly lease: LeaseTerms;
  /** 16 random bytes, new for every start. */
  readonly secret: Uint8Array;
}

/** A request on its way. */
export interface Call {
  readonly exchange: Exchange;
  /** Where in the datagram it lies. */
  readonly span: Span;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** What a request came to, as the reply memory keeps it. */
const OUTCOME = { DONE: 1, TAKEN: 2, FULL: 3, MISSING: 4 } as const;
const OUTCOME_BITS = 3;
const OUTCOME_MASK = (1 << OUTCOME_BITS) - 1;

/** Seconds after which what failed for want of time may be asked again. */
const RETRY_S = 1;

/** Answers requests that carry a valid token. */
export class Answerer {
  readonly #store: Store;
  readonly #memory: ReplyMemory;
  readonly #lease: LeaseTerms;
  readonly #marker: RequestMarker;

  constructor({ store, memory, lease, secret }: AnswererOptions) {
    this.#store = store;
    this.#memory = memory;
    this.#lease = lease;
    this.#marker = new RequestMarker(secret);
  }

  /** Writes the answer, at once where the store has it at once. */
  answer(request: Request, call: Call): void | Promise<void> {
    switch (request.type) {
      case "S":
        return this.#search(request, call);
      case "R":
        return this.#register(request, call);
      case "T":
        return this.#deregister(request, call);
      case "O":
        return this.#list(request, call);
      case "H":
        return this.#hello(request, call);
    }
  }

  #hello(hello: Hello, call: Call): void | Promise<void> {
    const { exchange, span, now } = call;
    const { transaction, signed } = hello;
    if (signed) {
      const head = exchange.request.bytes.subarray(
        span.start,
        span.start + PDU_BYTES,
      );
      if (!fitsSignature(head, signed)) {
        return exchange.refuse({ transaction, error: "SIGNATURE" });
      }
    }
    const from = exchange.sender;
    const key = signed && { key: signed.key };
    // A goodbye is the same one with a newer token; a hello with a key is bound
    // to its token by its signature, and a copy of it must be seen as one.
    const mark = this.#marker.mark(exchange, span, !hello.goodbye);
    const repeated = this.#memory.recall(mark, now) !== 0;
    this.#memory.remember(mark, OUTCOME.DONE, now);
    if (hello.goodbye) {
      if (repeated) {
        exchange.counters.repeated++;
        return exchange.acknowledge({ transaction });
      }
      const closed = this.#store.close({ from, ...key }, now);
      if (closed instanceof Promise) {
        return closed.then(() => exchange.acknowledge({ transaction }));
      }
      return exchange.acknowledge({ transaction });
    }
    const lease = grantLease(this.#lease, hello.lease);
    const opened = this.#store.open({
      from,
      ...key,
      port: hello.port,
      leaseMs: lease * 1_000,
      repeated,
    }, now);
    if (opened instanceof Promise) {
      return opened.then((result) => this.#opened(hello, call, result));
    }
    return this.#opened(hello, call, opened);
  }

  #opened(hello: Hello, { exchange }: Call, result: SessionResult): void {
    const { transaction } = hello;
    switch (result.status) {
      case "DONE":
        return exchange.acknowledge({
          transaction,
          lease: grantLease(this.#lease, hello.lease),
          count: result.held,
        });
      case "KEYED":
        return exchange.refuse({
          transaction,
          error: "SIGNATURE",
          text: KEYED,
        });
      case "FULL":
        return exchange.refuse({ transaction, error: "FULL" });
    }
  }

  #register(request: RegisterRequest, call: Call): void | Promise<void> {
    const { exchange, span, now } = call;
    const mark = this.#marker.mark(exchange, span);
    const before = this.#memory.recall(mark, now);
    if (before !== 0) return this.#repeat(request, exchange, before);
    const { peer, name, port, metadata } = request;
    const leaseMs = this.#lease.standard * 1_000;
    const registered = this.#store.register({
      from: exchange.sender,
      peer,
      name,
      port,
      metadata,
      leaseMs,
    }, now);
    if (registered instanceof Promise) {
      return registered.then((result) =>
        this.#registered(request, call, result)
      );
    }
    return this.#registered(request, call, registered);
  }

  #registered(
    request: RegisterRequest,
    { exchange, span, now }: Call,
    result: RegisterResult,
  ): void {
    const outcome = result.status === "DONE"
      ? OUTCOME.DONE | result.leaseMs / 1_000 << OUTCOME_BITS
      : OUTCOME[result.status];
    this.#memory.remember(this.#marker.mark(exchange, span), outcome, now);
    this.#tell(request, exchange, outcome);
  }

  #deregister(request: DeregisterRequest, call: Call): void | Promise<void> {
    const { exchange, span, now } = call;
    const mark = this.#marker.mark(exchange, span);
    const before = this.#memory.recall(mark, now);
    if (before !== 0) return this.#repeat(request, exchange, before);
    const { peer, name } = request;
    const removed = this.#store.deregister(
      { from: exchange.sender, peer, name },
      now,
    );
    if (removed instanceof Promise) {
      return removed.then((done) => this.#deregistered(request, call, done));
    }
    return this.#deregistered(request, call, removed);
  }

  #deregistered(
    request: DeregisterRequest,
    { exchange, span, now }: Call,
    done: boolean,
  ): void {
    const outcome = done ? OUTCOME.DONE : OUTCOME.MISSING;
    this.#memory.remember(this.#marker.mark(exchange, span), outcome, now);
    this.#tell(request, exchange, outcome);
  }

  #repeat(
    request: RegisterRequest | DeregisterRequest,
    exchange: Exchange,
    outcome: number,
  ): void {
    exchange.counters.repeated++;
    this.#tell(request, exchange, outcome);
  }

  #tell(
    { transaction }: RegisterRequest | DeregisterRequest,
    exchange: Exchange,
    outcome: number,
  ): void {
    switch (outcome & OUTCOME_MASK) {
      case OUTCOME.DONE: {
        const lease = outcome >>> OUTCOME_BITS;
        return exchange.acknowledge({ transaction, lease });
      }
      case OUTCOME.TAKEN:
        return exchange.refuse({ transaction, error: "NAME_TAKEN" });
      case OUTCOME.FULL:
        return exchange.refuse({ transaction, error: "FULL" });
      case OUTCOME.MISSING:
        return exchange.refuse({ transaction, error: "NOT_FOUND" });
    }
  }

  #search(request: SearchRequest, call: Call): void | Promise<void> {
    const { name, digest } = request;
    const found = this.#store.search({
      ...(name !== undefined && { name }),
      ...(digest && { digest }),
      room: SEARCH_ROOM,
      cost: sourceCost,
    }, call.now);
    if (found instanceof Promise) {
      return found.then((result) => this.#found(request, call, result));
    }
    return this.#found(request, call, found);
  }

  #found(
    { transaction }: SearchRequest,
    { exchange }: Call,
    result: SearchResult,
  ): void {
    switch (result.status) {
      case "FOUND":
        return writeSources(exchange, { transaction, ...result });
      case "BUSY":
        return exchange.refuse({
          transaction,
          error: "BUSY",
          retryAfter: RETRY_S,
        });
      case "NONE":
        return exchange.refuse({
          transaction,
          error: "NOT_FOUND",
          text: SEARCH_NOT_FOUND_TEXT,
        });
    }
  }

  #list(request: ListRequest, { exchange, now }: Call): void | Promise<void> {
    const { transaction, cursor, filter } = request;
    const writer = new ListPageWriter(exchange, transaction);
    const listed = this.#store.list({
      cursor,
      filter: parseFilter(filter),
      take: (registration) => writer.take(registration),
    }, now);
    const finish = (page: ListPage) => writer.finish(page);
    return listed instanceof Promise ? listed.then(finish) : finish(listed);
  }
}

const KEYED = "A session at this address belongs to a key: sign the H with it";
