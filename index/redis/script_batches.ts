/**
 * A script that answers many requests in one call: the busier an index is, the
 * more of them share the cost of a command.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import type { RedisArgument, RedisReply } from "./redis_client.ts";

interface Waiting {
  readonly request: RedisArgument;
  readonly resolve: (reply: RedisReply) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Runs a script that answers each of its arguments in turn, and may leave the
 * last ones to another call. What one turn of the event loop asks goes out
 * together.
 *
 * There is one call at a time, and the next goes out before the replies of the
 * last are looked at: so Redis and index work at the same time. Of two calls
 * that it finds together Redis holds back the first reply until both are done,
 * and then each of them waits for the other.
 */
export class ScriptBatches {
  readonly #run: (requests: readonly RedisArgument[]) => Promise<RedisReply>;
  readonly #most: number;
  #waiting: Waiting[] = [];
  #isCalling = false;

  /**
   * @param run Calls the script.
   * @param most Requests of one call.
   */
  constructor(
    run: (requests: readonly RedisArgument[]) => Promise<RedisReply>,
    most: number,
  ) {
    this.#run = run;
    this.#most = most;
  }

  /** Asks the script. */
  ask(request: RedisArgument): Promise<RedisReply> {
    const { promise, resolve, reject } = Promise.withResolvers<RedisReply>();
    this.#waiting.push({ request, resolve, reject });
    if (!this.#isCalling) {
      this.#isCalling = true;
      setImmediate(() => this.#call());
    }
    return promise;
  }

  async #call(): Promise<void> {
    const batch = this.#waiting.splice(0, this.#most);
    this.#isCalling = batch.length > 0;
    if (!this.#isCalling) return;
    let settle: () => void;
    try {
      const requests = batch.map(({ request }) => request);
      const replies = await this.#run(requests) as readonly RedisReply[];
      this.#waiting.unshift(...batch.splice(replies.length));
      settle = () => batch.forEach(({ resolve }, i) => resolve(replies[i]!));
    } catch (error) {
      settle = () => batch.forEach(({ reject }) => reject(error));
    }
    this.#call();
    // The client writes at the end of a turn as well, and comes first.
    setImmediate(settle);
  }
}
