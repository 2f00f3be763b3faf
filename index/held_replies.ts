/**
 * Replies that wait until what they say is kept: the datagrams that one turn of
 * the event loop took in are committed together, and only then answered.
 *
 * @module
 */

import { clearImmediate, setImmediate } from "node:timers";
import type { Exchange } from "./exchange.ts";

/** Datagrams of one turn at most: the next one then waits for the commit. */
const TURN_DATAGRAMS = 128;

/** What holding replies back needs. */
export interface HeldRepliesOptions {
  /** Room for one more datagram. */
  readonly makeExchange: () => Exchange;
  /**
   * Makes lasting what was done for the exchanges that are held.
   *
   * @returns Whether it could. If not, nothing of it was done.
   */
  readonly commit: () => boolean;
  /** Answers an exchange anew, for which nothing was done. */
  readonly redo: (exchange: Exchange) => void;
  /** Sends the replies of an exchange; never rejects. */
  readonly send: (exchange: Exchange) => Promise<void>;
}

/** Holds exchanges back until the turn that they came in is over. */
export class HeldReplies {
  readonly #options: HeldRepliesOptions;
  readonly #free: Exchange[] = [];
  #held: Exchange[] = [];
  #sent: Promise<void> = Promise.resolve();
  #turnEnd: ReturnType<typeof setImmediate> | undefined;

  constructor(options: HeldRepliesOptions) {
    this.#options = options;
  }

  /**
   * Holds an exchange that was answered.
   *
   * @returns Another one, for the next datagram. It takes time where so much is
   * held that it has to be sent first.
   */
  hold(exchange: Exchange): Exchange | Promise<Exchange> {
    this.#held.push(exchange);
    if (this.#held.length >= TURN_DATAGRAMS) {
      this.#release();
      return this.#sent.then(() => this.#next());
    }
    this.#turnEnd ??= setImmediate(() => this.#release());
    return this.#next();
  }

  /** Sends all that is held. */
  end(): Promise<void> {
    this.#release();
    return this.#sent;
  }

  #next(): Exchange {
    return this.#free.pop() ?? this.#options.makeExchange();
  }

  #release(): void {
    clearImmediate(this.#turnEnd);
    this.#turnEnd = undefined;
    const held = this.#held;
    if (held.length === 0) return;
    this.#held = [];
    const { commit, redo } = this.#options;
    if (!commit()) {
      for (const exchange of held) {
        exchange.replies.clear();
        redo(exchange);
      }
    }
    this.#sent = this.#sent.then(() => this.#send(held));
  }

  async #send(held: Exchange[]): Promise<void> {
    for (const exchange of held) {
      await this.#options.send(exchange);
      this.#free.push(exchange);
    }
  }
}
