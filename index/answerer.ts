/**
 * Answers requests whose sender is proven: what the store says, and the rules
 * that do not depend on what is stored.
 *
 * @module
 */

import { SEARCH_NOT_FOUND_TEXT } from "../protocol/error_code.ts";
import type { Hello } from "../protocol/hello.ts";
import type { Span } from "../protocol/message.ts";
import { probeCursor } from "../protocol/probe.ts";
import type { ListRequest } from "../protocol/request.ts";
import { PEERDEX_VERSION } from "../protocol/version.ts";
import type { Exchange } from "./exchange.ts";
import { parseFilter } from "./filter.ts";
import { KeyProof } from "./key_proof.ts";
import type { KnownAddresses } from "./known_addresses.ts";
import { grantLease, type LeaseTerms } from "./lease.ts";
import { ListWriter } from "./list_page.ts";
import type { Membership } from "./members.ts";
import type { PortProbe } from "./port_probe.ts";
import type { ReplyMemory, RequestMark } from "./reply_memory.ts";
import { RequestMarker } from "./request_mark.ts";
import { SourceSearch } from "./search_reply.ts";
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
  /** Who is a member; without, everybody is treated as one. */
  readonly membership?: Membership | undefined;
  /** Tries the ports of peers that ask for it; without, none is tried. */
  readonly probe?: PortProbe | undefined;
  /** Where peers reach this index; without, any signed hello is taken for its own. */
  readonly known?: KnownAddresses | undefined;
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
  readonly #probe: PortProbe | undefined;
  readonly #membership: Membership | undefined;
  readonly #proof: KeyProof;

  constructor(
    { store, memory, lease, secret, probe, known, membership }: AnswererOptions,
  ) {
    this.#store = store;
    this.#memory = memory;
    this.#lease = lease;
    this.#marker = new RequestMarker(secret);
    this.#probe = probe;
    this.#proof = new KeyProof(store, known);
    this.#membership = membership;
  }

  /** Answers an `H`. */
  hello(hello: Hello, call: Call): void | Promise<void> {
    const { exchange, span, now } = call;
    const { transaction, signed } = hello;
    const doubt = this.#proof.doubt(hello, {
      exchange,
      start: span.start,
      now,
    });
    if (doubt) return exchange.refuse({ transaction, ...doubt });
    const from = exchange.sender;
    if (this.#membership && !hello.goodbye) {
      if (!signed || !this.#membership.has(signed.key)) {
        return exchange.refuse({ transaction, error: "FORBIDDEN" });
      }
      exchange.memberToken = this.#membership.token(from, now);
    }
    if (hello.visit) return this.#welcome(hello, call, { lease: 0, count: 0 });
    const key = signed && { key: signed.key };
    // A goodbye is the same one with a newer token; a hello with a key is bound
    // to its token by its signature, and a copy of it must be seen as one.
    const mark = this.#marker.mark(exchange, span, !hello.goodbye);
    const repeated = this.#memory.recall(mark, now) !== 0;
    if (hello.goodbye) {
      if (repeated) {
        exchange.counters.repeated++;
        return exchange.acknowledge({ transaction });
      }
      const closed = this.#store.close({ from, mark, ...key }, now);
      const finish = () => {
        this.#memory.remember(mark, OUTCOME.DONE, now);
        exchange.acknowledge({ transaction });
      };
      return closed instanceof Promise ? closed.then(finish) : finish();
    }
    const lease = grantLease(this.#lease, hello.lease);
    const opened = this.#store.open({
      from,
      mark,
      ...key,
      port: hello.port,
      leaseMs: lease * 1_000,
      repeated,
    }, now);
    if (opened instanceof Promise) {
      return opened.then((result) => {
        this.#memory.remember(mark, OUTCOME.DONE, now);
        this.#opened(hello, call, result);
      });
    }
    this.#memory.remember(mark, OUTCOME.DONE, now);
    return this.#opened(hello, call, opened);
  }

  #opened(hello: Hello, call: Call, result: SessionResult): void {
    const { exchange } = call;
    const { transaction } = hello;
    switch (result.status) {
      case "DONE": {
        const lease = grantLease(this.#lease, hello.lease);
        return this.#welcome(hello, call, { lease, count: result.held });
      }
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

  #welcome(
    { transaction, probe, port }: Hello,
    { exchange, now }: Call,
    session: { readonly lease: number; readonly count: number },
  ): void {
    exchange.acknowledge({
      transaction,
      ...session,
      text: PRODUCT,
      ...(probe && this.#probe && {
        cursor: probeCursor(this.#probe.ask(exchange.sender, port, now)),
      }),
    });
  }

  /** Answers the `R` in the exchange. */
  register(call: Call): void | Promise<void> {
    const { exchange, span, now } = call;
    const { message } = exchange;
    const mark = this.#marker.mark(exchange, span);
    const before = this.#memory.recall(mark, now);
    if (before !== 0) return this.#repeat(exchange, before);
    const registered = this.#store.register({
      from: exchange.sender,
      mark,
      content: message,
      port: message.port,
      leaseMs: this.#lease.standard * 1_000,
      keyed: this.#membership !== undefined,
    }, now);
    const finish = (result: RegisterResult) => {
      if (result.status !== "KEYLESS") {
        return this.#settle(call, mark, outcomeOf(result));
      }
      const { transaction } = message;
      exchange.refuse({ transaction, error: "FORBIDDEN", text: KEYLESS });
    };
    return registered instanceof Promise
      ? registered.then(finish)
      : finish(registered);
  }

  /** Answers the `T` in the exchange. */
  deregister(call: Call): void | Promise<void> {
    const { exchange, span, now } = call;
    const { peer, name } = exchange.message;
    const mark = this.#marker.mark(exchange, span);
    const before = this.#memory.recall(mark, now);
    if (before !== 0) return this.#repeat(exchange, before);
    const from = exchange.sender;
    const removed = this.#store.deregister(
      { from, mark, peer, name },
      now,
    );
    const outcome = (done: boolean) => done ? OUTCOME.DONE : OUTCOME.MISSING;
    if (removed instanceof Promise) {
      return removed.then((done) => this.#settle(call, mark, outcome(done)));
    }
    this.#settle(call, mark, outcome(removed));
  }

  /** Answers the `S` in the exchange. */
  search({ exchange, now }: Call): void | Promise<void> {
    const search = new SourceSearch(exchange);
    const found = this.#store.search(search, now);
    if (found instanceof Promise) {
      return found.then((result) => this.#found(exchange, search, result));
    }
    this.#found(exchange, search, found);
  }

  /** Answers an `O`. `afford` says whether the sender may have one more page. */
  list(
    request: ListRequest,
    { exchange, now }: Call,
    afford: () => boolean,
  ): void | Promise<void> {
    const { cursor, filter } = request;
    const writer = new ListWriter(exchange, request, afford);
    const listed = this.#store.list({
      cursor,
      filter: parseFilter(filter),
      take: (registration) => writer.take(registration),
      turn: (page) => writer.turn(page),
    }, now);
    const finish = (page: ListPage) => writer.finish(page);
    return listed instanceof Promise ? listed.then(finish) : finish(listed);
  }

  /** Remembers what a request came to, and says so. */
  #settle({ exchange, now }: Call, mark: RequestMark, outcome: number): void {
    this.#memory.remember(mark, outcome, now);
    this.#tell(exchange, outcome);
  }

  #repeat(exchange: Exchange, outcome: number): void {
    exchange.counters.repeated++;
    this.#tell(exchange, outcome);
  }

  #tell(exchange: Exchange, outcome: number): void {
    const { transaction } = exchange.message;
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

  #found(exchange: Exchange, search: SourceSearch, result: SearchResult): void {
    if (result.status === "FOUND") return search.write(exchange, result);
    const { transaction } = exchange.message;
    exchange.refuse(
      result.status === "BUSY"
        ? { transaction, error: "BUSY", retryAfter: RETRY_S }
        : { transaction, error: "NOT_FOUND", text: SEARCH_NOT_FOUND_TEXT },
    );
  }
}

function outcomeOf(
  result: Exclude<RegisterResult, { readonly status: "KEYLESS" }>,
): number {
  return result.status === "DONE"
    ? OUTCOME.DONE | result.leaseMs / 1_000 << OUTCOME_BITS
    : OUTCOME[result.status];
}

/** What this index is, for people. */
const PRODUCT = `peerdex-index ${PEERDEX_VERSION}`;

const KEYLESS = "No member has a session at this address: sign an H, no visit";

const KEYED = "A session at this address belongs to a key: sign the H with it";
