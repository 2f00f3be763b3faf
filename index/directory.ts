/**
 * The policy of the index: a datagram, its sender and the time in, replies out.
 * It has no socket, no clock and no randomness of its own.
 *
 * What it decides, in the order in which it does:
 *
 * 1. `A`, `E` and `C` are replies and never answered: two indexes must not talk
 *    to each other for ever. Other upper-case types that are no request are
 *    answered `E UNSUPPORTED`; what is no letter, or continues nothing, is
 *    dropped.
 * 2. A request without a valid token is answered one `E TOKEN`, and nothing
 *    else happens. So a reply to an unproven address is never longer than the
 *    request.
 * 3. A proven address that is over its rate is answered `E BUSY`, then nothing.
 *    Unproven requests have a budget of their own: who forges an address does
 *    not spend what its owner has.
 * 4. Where members are listed, what is for them is answered `E FORBIDDEN` unless
 *    its token is a member's.
 * 5. What cannot be read is answered `E MALFORMED`.
 *
 * @module
 */

import { type Field, HELLO, REQUEST } from "../protocol/layout.ts";
import { messageEnd, type Span } from "../protocol/message.ts";
import { PDU_BYTES, PDU_TYPE, ProtocolError } from "../protocol/pdu.ts";
import { encodeUtf8 } from "../protocol/pdu_buffer.ts";
import type { ErrorFields } from "../protocol/error_reply.ts";
import { decodeRequest, type Request } from "../protocol/request.ts";
import { PROTOCOL_VERSION } from "../protocol/version.ts";
import { Answerer, type AnswererOptions, type Call } from "./answerer.ts";
import { Budget } from "./budget.ts";
import type { Counters, DropReason, RequestType } from "./counters.ts";
import type { Exchange } from "./exchange.ts";
import type { LatencyMeter } from "./latency_meter.ts";
import type { Limits } from "./limits.ts";
import { Lookahead } from "./lookahead.ts";
import { type Members, Membership } from "./members.ts";
import { StoreUnavailable } from "./store_unavailable.ts";
import { TokenMint } from "./token.ts";

/** What a request costs of an address's budget, in plain requests. */
const COST = {
  /** Walking over a page of the list. */
  LIST: 20,
  /** Checking a signature. */
  SIGNATURE: 25,
  PLAIN: 1,
} as const;

/** Seconds after which somebody who is over the rate may ask again. */
const BUSY_RETRY_S = 1;

/** Bytes that the text of an error has room for. */
const ERROR_TEXT_BYTES = 84;

/** Bytes of a datagram that hold one request, as a rule. */
const FEW_BYTES = 2 * PDU_BYTES;

const TOKEN_HIGH: Field = { offset: REQUEST.token.offset, bytes: 4 };
const TOKEN_LOW: Field = { offset: REQUEST.token.offset + 4, bytes: 4 };

/** What a directory needs. */
export interface DirectoryOptions extends Omit<AnswererOptions, "membership"> {
  readonly counters: Counters;
  readonly limits: Limits;
  /** Who may register; without, everybody. */
  readonly members?: Members | undefined;
  /** Measures how long answering takes, where that is wanted. */
  readonly latency?: LatencyMeter<RequestType>;
}

/** Who sent a request, as far as its token shows. */
type Standing = "STRANGER" | "PROVEN" | "MEMBER";

/** Answers datagrams. */
export class Directory {
  readonly #mint: TokenMint;
  readonly #answerer: Answerer;
  readonly #lookahead: Lookahead;
  readonly #membership: Membership | undefined;
  readonly #counters: Counters;
  readonly #proven: Budget;
  readonly #unproven: Budget;
  readonly #latency: LatencyMeter<RequestType> | undefined;

  constructor(options: DirectoryOptions) {
    const { limits } = options;
    this.#mint = new TokenMint(options.secret);
    this.#membership = options.members &&
      new Membership(options.members, options.secret);
    this.#answerer = new Answerer({
      ...options,
      membership: this.#membership,
    });
    this.#lookahead = new Lookahead(options.store);
    this.#counters = options.counters;
    this.#proven = new Budget(limits.maxRate, limits.maxAddresses);
    this.#unproven = new Budget(limits.maxRate, limits.maxAddresses);
    this.#latency = options.latency;
  }

  /**
   * Answers a datagram: writes what goes back into its exchange.
   *
   * @param exchange With a sender, and a length that a datagram may have.
   * @param now Milliseconds since 1970.
   * @returns A promise only where the store makes the answer wait.
   */
  receive(exchange: Exchange, now: number): void | Promise<void> {
    return this.#messages(exchange, 0, now);
  }

  #messages(
    exchange: Exchange,
    from: number,
    now: number,
  ): void | Promise<void> {
    // While a store was waited for, a later datagram may have moved the token on.
    this.#mint.renew(exchange.sender, now);
    // Who proves nothing costs no more than it has to.
    if (
      from === 0 && exchange.length > FEW_BYTES && carriesToken(exchange, 0)
    ) this.#lookahead.look(exchange);
    for (let start = from; start < exchange.length;) {
      const end = messageEnd(exchange.request, start, exchange.length);
      const pending = this.#message(exchange, { start, end }, now);
      if (pending) {
        return pending.then(() => this.#messages(exchange, end, now));
      }
      start = end;
    }
  }

  #message(exchange: Exchange, span: Span, now: number): void | Promise<void> {
    const { request, sender } = exchange;
    const type = requestType(request.type(span.start));
    if (!type) return this.#noRequest(exchange, span, now);
    const standing = this.#standing(exchange, span, now);
    if (standing === "STRANGER") {
      const verdict = this.#unproven.spend(sender.prefix, now);
      if (verdict !== "SERVE") return this.#drop("rate");
      const { token } = sender;
      return this.#refuse(exchange, span, { error: "TOKEN", token });
    }
    const cost = type === "O"
      ? COST.LIST
      : type === "H" && span.end - span.start > PDU_BYTES
      ? COST.SIGNATURE
      : COST.PLAIN;
    const verdict = this.#proven.spend(sender.prefix, now, cost);
    if (verdict === "SILENCE") return this.#drop("rate");
    if (verdict === "BUSY") {
      const retryAfter = BUSY_RETRY_S;
      return this.#refuse(exchange, span, { error: "BUSY", retryAfter });
    }
    this.#counters.requests[type]++;
    if (standing !== "MEMBER" && this.#membership?.covers(type)) {
      return this.#refuse(exchange, span, { error: "FORBIDDEN" });
    }
    const call = { exchange, span, now };
    if (!this.#latency?.isDue()) return this.#request(type, call);
    const start = this.#latency.start();
    const outcome = this.#request(type, call);
    return this.#latency.measured(outcome, { name: type, start });
  }

  #request(type: RequestType, call: Call): void | Promise<void> {
    try {
      const pending = this.#answer(type, call);
      if (!pending) return;
      return pending.catch((error) => this.#unavailable(error, call));
    } catch (error) {
      this.#unavailable(error, call);
    }
  }

  #unavailable(error: unknown, { exchange, span }: Call): void {
    if (!(error instanceof StoreUnavailable)) throw error;
    const { retryAfter } = error;
    this.#refuse(exchange, span, { error: "UNAVAILABLE", retryAfter });
  }

  #answer(type: RequestType, call: Call): void | Promise<void> {
    const { exchange, span } = call;
    const { request } = exchange;
    // Another version may have other fields behind its number.
    if (
      type === "H" && request.u8(span.start, HELLO.version) !== PROTOCOL_VERSION
    ) return this.#refuse(exchange, span, { error: "VERSION" });
    let message: Request | undefined;
    try {
      if (type === "H" || type === "O") message = decodeRequest(request, span);
      else exchange.message.read(request, span);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return this.#refuse(exchange, span, malformed(error));
    }
    if (message?.type === "H") return this.#answerer.hello(message, call);
    if (message?.type === "O") {
      const { now } = call;
      const { prefix } = exchange.sender;
      const afford = () => this.#proven.take(prefix, now, COST.LIST);
      return this.#answerer.list(message, call, afford);
    }
    if (type === "S") return this.#answerer.search(call);
    if (type === "R") return this.#answerer.register(call);
    if (type === "T") return this.#answerer.deregister(call);
  }

  #noRequest(exchange: Exchange, span: Span, now: number): void {
    const type = exchange.request.type(span.start);
    switch (type) {
      case PDU_TYPE.ACK:
      case PDU_TYPE.ERROR:
      case PDU_TYPE.CONTENT:
        return this.#drop("reply");
    }
    if (!isUpperCase(type)) return this.#drop("type");
    const verdict = this.#unproven.spend(exchange.sender.prefix, now);
    if (verdict !== "SERVE") return this.#drop("rate");
    this.#refuse(exchange, span, { error: "UNSUPPORTED" });
  }

  #standing(exchange: Exchange, { start }: Span, now: number): Standing {
    const { request, sender } = exchange;
    exchange.memberToken = 0n;
    if (carriesToken(exchange, start)) return "PROVEN";
    const token = request.u64(start, REQUEST.token);
    if (token === 0n) return "STRANGER";
    if (this.#membership?.fits(token, sender, now)) {
      exchange.memberToken = this.#membership.token(sender, now);
      return "MEMBER";
    }
    const { address, port } = sender;
    const before = this.#mint.token(address, port, { now, age: 1 });
    return token === before ? "PROVEN" : "STRANGER";
  }

  #refuse(
    exchange: Exchange,
    { start }: Span,
    error: Omit<ErrorFields, "transaction">,
  ): void {
    const transaction = exchange.request.u32(start, REQUEST.transaction);
    exchange.refuse({ transaction, ...error });
  }

  #drop(reason: DropReason): void {
    this.#counters.dropped[reason]++;
  }
}

/** Whether a message carries the token that its sender is to use now. */
function carriesToken({ request, sender }: Exchange, start: number): boolean {
  // Halves are compared many times faster than integers of 64 bits.
  return request.u32(start, TOKEN_HIGH) === sender.tokenHigh &&
    request.u32(start, TOKEN_LOW) === sender.tokenLow;
}

function requestType(type: number): RequestType | undefined {
  switch (type) {
    case PDU_TYPE.SEARCH:
      return "S";
    case PDU_TYPE.REGISTER:
      return "R";
    case PDU_TYPE.DEREGISTER:
      return "T";
    case PDU_TYPE.LIST:
      return "O";
    case PDU_TYPE.HELLO:
      return "H";
    default:
      return undefined;
  }
}

function isUpperCase(type: number): boolean {
  return type >= 0x41 && type <= 0x5a;
}

function malformed(
  { message }: ProtocolError,
): Omit<ErrorFields, "transaction"> {
  const error = "MALFORMED";
  return encodeUtf8(message).length <= ERROR_TEXT_BYTES
    ? { error, text: message }
    : { error };
}
