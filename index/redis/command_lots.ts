/**
 * Commands on their way to Redis, in lots: the busier an index is, the fewer
 * writes and reads a command takes, on both sides.
 *
 * @module
 */

import { RESP_TYPES } from "@redis/client";
import { Buffer } from "node:buffer";
import type { RedisClient } from "./redis_client.ts";

/** What Redis answers. */
export type RedisReply = number | Buffer | null | readonly RedisReply[];

/** An argument of a command. */
export type RedisArgument = string | Buffer;

interface Command {
  readonly client: RedisClient;
  readonly args: readonly RedisArgument[];
  readonly resolve: (reply: RedisReply) => void;
  readonly reject: (error: unknown) => void;
}

/** Lots that are on their way at the same time. */
const MAX_LOTS = 2;

const TYPES = { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } };

/**
 * Sends commands. What is asked while two lots are on their way goes out
 * together, as soon as one of them is answered.
 */
export class CommandLots {
  readonly #key: string;
  #waiting: Command[] = [];
  #lots = 0;
  #pending = 0;
  #replies = 0;

  /** @param key One key in the slot that all commands touch. */
  constructor(key: string) {
    this.#key = key;
  }

  /** Commands that have no reply yet. */
  get pending(): number {
    return this.#pending;
  }

  /** Replies so far, errors among them. */
  get replies(): number {
    return this.#replies;
  }

  /** Sends a command. */
  send(
    client: RedisClient,
    args: readonly RedisArgument[],
  ): Promise<RedisReply> {
    const { promise, resolve, reject } = Promise.withResolvers<RedisReply>();
    this.#pending++;
    this.#waiting.push({ client, args, resolve, reject });
    if (this.#lots < MAX_LOTS) this.#flush();
    return promise;
  }

  #flush(): void {
    const lot = this.#waiting;
    if (lot.length === 0) return;
    this.#waiting = [];
    this.#lots++;
    let left = lot.length;
    const done = () => {
      this.#pending--;
      this.#replies++;
      if (--left > 0) return;
      this.#lots--;
      this.#flush();
    };
    for (const { client, args, resolve, reject } of lot) {
      client.send(this.#key, args, TYPES).then(
        (reply) => {
          resolve(reply as RedisReply);
          done();
        },
        (error) => {
          reject(error);
          done();
        },
      );
    }
  }
}
