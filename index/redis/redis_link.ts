/**
 * A connection to Redis that comes back by itself. What cannot be asked now is
 * refused at once: nothing waits for Redis to return.
 *
 * @module
 */

import { StoreUnavailable } from "../store_unavailable.ts";
import {
  openClient,
  type RedisArgument,
  type RedisClient,
  type RedisReply,
} from "./redis_client.ts";
import { pause, withDeadline } from "./pause.ts";
import type { Script } from "./script.ts";

/** What a link needs. */
export interface RedisLinkOptions {
  /** `redis://` or `rediss://`, or with `+cluster` behind it, of a cluster. */
  readonly url: string;
  /** One key of the registry. */
  readonly key: string;
  /** Done on every new connection before anything else. */
  readonly prepare: (run: RunScript) => Promise<void>;
  /** Fills bytes with randomness. */
  readonly random: (bytes: Uint8Array<ArrayBuffer>) => void;
  /** Told when Redis goes away, and what it refused. */
  readonly fault: (error: unknown) => void;
}

/** Runs a script. */
export type RunScript = (
  script: Script,
  args: readonly RedisArgument[],
  keys: readonly string[],
) => Promise<RedisReply>;

/** Commands that wait for a reply at most. */
const MAX_PENDING = 2_048;

/** How long a reply may take, in milliseconds, before the connection is given up. */
const REPLY_MS = 2_000;
const WATCH_MS = 500;

/** How long to wait before connecting again, in milliseconds: doubled each time. */
const RETRY_MS = { FIRST: 50, LAST: 2_000 };

/** Seconds after which a request may be tried again. */
const RETRY_AFTER_S = 1;

/** Runs scripts, as long as Redis is there. */
export class RedisLink implements AsyncDisposable {
  readonly #options: RedisLinkOptions;
  readonly #closing = new AbortController();
  #client: RedisClient | undefined;
  #reconnecting: Promise<void> | undefined;
  /** Commands that have no reply yet. */
  #pending = 0;
  /** Replies so far, errors among them. */
  #replies = 0;
  /** Replies that had come when it was looked last. */
  #seen = 0;
  #stuckMs = 0;
  /** Whether a refusal was told of since it was looked last. */
  #told = false;
  readonly #watch: ReturnType<typeof setInterval>;

  private constructor(options: RedisLinkOptions) {
    this.#options = options;
    this.#watch = setInterval(() => this.#look(), WATCH_MS);
  }

  /**
   * Connects.
   *
   * @throws {Error} Where Redis is not there, or not as it has to be.
   */
  static async connect(options: RedisLinkOptions): Promise<RedisLink> {
    const link = new RedisLink(options);
    try {
      await link.#connect();
      return link;
    } catch (cause) {
      await link[Symbol.asyncDispose]();
      const { message, name } = cause as Error;
      const why = message || name;
      throw new Error(`Cannot use Redis at ${shown(options.url)}: ${why}`, {
        cause,
      });
    }
  }

  /** Whether Redis is there, as far as known. */
  get isUp(): boolean {
    return this.#client !== undefined;
  }

  /**
   * Runs a script.
   *
   * @throws {StoreUnavailable} Where it cannot be run now. Whether it was, where
   * the connection was lost on the way, nobody knows.
   */
  readonly run: RunScript = async (script, args, keys) => {
    const client = this.#client;
    if (!client || this.#pending >= MAX_PENDING) {
      throw new StoreUnavailable(RETRY_AFTER_S);
    }
    try {
      return await this.#eval(client, script, args, keys);
    } catch (cause) {
      if (client !== this.#client) {
        throw new StoreUnavailable(RETRY_AFTER_S, { cause });
      }
      if (!isReply(cause)) this.#lost(client, cause);
      else this.#tell(refusal(script, cause));
      throw new StoreUnavailable(RETRY_AFTER_S, { cause });
    }
  };

  /** Sends a command of one key. */
  readonly send = async (
    args: readonly RedisArgument[],
  ): Promise<RedisReply> => {
    const client = this.#client;
    if (!client || this.#pending >= MAX_PENDING) {
      throw new StoreUnavailable(RETRY_AFTER_S);
    }
    try {
      return await this.#send(client, args);
    } catch (cause) {
      if (client === this.#client && !isReply(cause)) this.#lost(client, cause);
      throw new StoreUnavailable(RETRY_AFTER_S, { cause });
    }
  };

  /** Closes it. A second call does nothing more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    clearInterval(this.#watch);
    this.#drop();
    await this.#reconnecting;
  }

  async #eval(
    client: RedisClient,
    script: Script,
    args: readonly RedisArgument[],
    keys: readonly string[],
  ): Promise<RedisReply> {
    const command = ["EVALSHA", script.sha, String(keys.length), ...keys];
    try {
      return await this.#send(client, [...command, ...args]);
    } catch (error) {
      if (!(isReply(error) && error.message.startsWith("NOSCRIPT"))) {
        throw error;
      }
      // Somebody emptied the cache of scripts, or another node took over.
      command[0] = "EVAL";
      command[1] = script.source;
      return await this.#send(client, [...command, ...args]);
    }
  }

  async #send(
    client: RedisClient,
    args: readonly RedisArgument[],
  ): Promise<RedisReply> {
    this.#pending++;
    try {
      return await client.send(this.#options.key, args);
    } finally {
      this.#pending--;
      this.#replies++;
    }
  }

  async #connect(): Promise<void> {
    const { url, prepare } = this.#options;
    const client = openClient(url, (error) => this.#lost(client, error));
    try {
      const { signal } = this.#closing;
      await withDeadline(client.connect(), REPLY_MS, signal);
      await withDeadline(
        prepare((script, args, keys) => this.#eval(client, script, args, keys)),
        REPLY_MS,
        signal,
      );
      this.#client = client;
      this.#stuckMs = 0;
    } catch (error) {
      client.destroy();
      throw error;
    }
  }

  #lost(client: RedisClient, error: unknown): void {
    if (client !== this.#client) return;
    this.#drop();
    if (this.#closing.signal.aborted) return;
    this.#options.fault(
      new Error(
        `Redis at ${
          shown(this.#options.url)
        } is away, requests are answered E UNAVAILABLE: ${
          (error as Error).message
        }`,
        { cause: error },
      ),
    );
    this.#reconnecting = this.#reconnect();
  }

  #drop(): void {
    const client = this.#client;
    this.#client = undefined;
    client?.destroy();
  }

  async #reconnect(): Promise<void> {
    const { signal } = this.#closing;
    let delay = RETRY_MS.FIRST;
    while (!signal.aborted) {
      // Indexes that lost it together do not come back together.
      await pause(delay * this.#jitter(), signal);
      if (signal.aborted) return;
      try {
        return await this.#connect();
      } catch {
        delay = Math.min(delay * 2, RETRY_MS.LAST);
      }
    }
  }

  /** A Redis that refuses one refuses thousands, and once is enough to know. */
  #tell(refused: Error): void {
    if (!this.#told) this.#options.fault(refused);
    this.#told = true;
  }

  /** From a half to one. */
  #jitter(): number {
    const byte = new Uint8Array(1);
    this.#options.random(byte);
    return 0.5 + byte[0]! / 512;
  }

  /** A connection on which nothing comes back is given up. */
  #look(): void {
    const client = this.#client;
    if (
      !client || this.#pending === 0 ||
      this.#replies !== this.#seen
    ) {
      this.#stuckMs = 0;
    } else this.#stuckMs += WATCH_MS;
    this.#seen = this.#replies;
    if (client && this.#stuckMs >= REPLY_MS) {
      this.#lost(client, new Error(`no reply within ${REPLY_MS} ms`));
    }
  }
}

/**
 * Whether Redis itself said no; then the connection is well, but for one to a
 * server that is a replica by now.
 */
function isReply(error: unknown): error is Error {
  return error instanceof Error && !error.message.startsWith("READONLY") &&
    /^[A-Z]+ /.test(error.message) && !("code" in error && error.code);
}

function refusal(script: Script, cause: Error): Error {
  return new Error(`Redis refused to ${script.name}: ${cause.message}`, {
    cause,
  });
}

/** A URL without what is secret in it. */
function shown(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}
