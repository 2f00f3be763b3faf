/**
 * A script that answers many requests in one call: the busier an index is, the
 * more of them share the cost of a command.
 *
 * @module
 */

import type { RedisArgument, RedisReply } from "./command_lots.ts";

/** Requests of one call: well under a millisecond of Redis. */
const MAX_REQUESTS = 32;

/** Calls that are on their way at the same time. */
const MAX_CALLS = 2;

interface Waiting {
  readonly request: RedisArgument;
  readonly resolve: (reply: RedisReply) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Runs a script that answers each of its arguments in turn, and may leave the
 * last ones to another call. What is asked while two calls are on their way goes
 * out together, as soon as one of them is answered.
 */
export class ScriptBatches {
  readonly #run: (requests: readonly RedisArgument[]) => Promise<RedisReply>;
  #waiting: Waiting[] = [];
  #calls = 0;

  /** @param run Calls the script. */
  constructor(
    run: (requests: readonly RedisArgument[]) => Promise<RedisReply>,
  ) {
    this.#run = run;
  }

  /** Asks the script. */
  ask(request: RedisArgument): Promise<RedisReply> {
    const { promise, resolve, reject } = Promise.withResolvers<RedisReply>();
    this.#waiting.push({ request, resolve, reject });
    if (this.#calls < MAX_CALLS) this.#call();
    return promise;
  }

  async #call(): Promise<void> {
    this.#calls++;
    const batch = this.#waiting.splice(0, MAX_REQUESTS);
    try {
      const requests = batch.map(({ request }) => request);
      const replies = await this.#run(requests) as readonly RedisReply[];
      const left = batch.splice(replies.length);
      this.#waiting.unshift(...left);
      for (const [i, { resolve }] of batch.entries()) resolve(replies[i]!);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
    this.#calls--;
    if (this.#waiting.length > 0) this.#call();
  }
}
