/**
 * Replies that wait for a store elsewhere: meanwhile the next datagrams are
 * taken in, up to a bound.
 *
 * @module
 */

import type { Exchange } from "./exchange.ts";

/** Datagrams that wait at most: 14 MiB. What comes then waits in the socket. */
const MAX_PENDING = 256;

/** What waiting for replies needs. */
export interface PendingRepliesOptions {
  /** Room for one more datagram. */
  readonly makeExchange: () => Exchange;
  /** Sends the replies of an exchange; never rejects. */
  readonly send: (exchange: Exchange) => Promise<void>;
  /** Told of a fault in the index itself, after which it goes on. */
  readonly fault: (error: unknown) => void;
}

/** Holds exchanges until they are answered. */
export class PendingReplies {
  readonly #options: PendingRepliesOptions;
  readonly #free: Exchange[] = [];
  #pending = 0;
  #next: PromiseWithResolvers<void> | undefined;

  constructor(options: PendingRepliesOptions) {
    this.#options = options;
  }

  /**
   * Sends the replies of an exchange as soon as they are there.
   *
   * @returns Another one, for the next datagram. It takes time where too many
   * wait.
   */
  hold(
    exchange: Exchange,
    answered: Promise<void>,
  ): Exchange | Promise<Exchange> {
    this.#pending++;
    this.#finish(exchange, answered);
    return this.#pending < MAX_PENDING ? this.#room() : this.#later();
  }

  /** Waits until all are answered. */
  async end(): Promise<void> {
    while (this.#pending > 0) await this.#oneDone();
  }

  async #finish(exchange: Exchange, answered: Promise<void>): Promise<void> {
    try {
      await answered;
    } catch (error) {
      this.#options.fault(error);
    }
    await this.#options.send(exchange);
    this.#pending--;
    this.#free.push(exchange);
    this.#next?.resolve();
    this.#next = undefined;
  }

  #room(): Exchange {
    return this.#free.pop() ?? this.#options.makeExchange();
  }

  async #later(): Promise<Exchange> {
    while (this.#pending >= MAX_PENDING) await this.#oneDone();
    return this.#room();
  }

  #oneDone(): Promise<void> {
    this.#next ??= Promise.withResolvers();
    return this.#next.promise;
  }
}
