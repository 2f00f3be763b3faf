/**
 * The registry in Redis or Valkey: several indexes that use one are one index.
 *
 * @module
 */

import type { Buffer } from "node:buffer";
import type { StoreLimits } from "../limits.ts";
import type { Selection } from "../memory/source_picker.ts";
import type {
  CloseSession,
  Deregister,
  List,
  ListPage,
  OpenSession,
  OwnerList,
  Register,
  RegisterResult,
  Search,
  SearchResult,
  SessionResult,
  SharedStore,
  StoreCounts,
} from "../store.ts";
import { EntryPages } from "./entry_pages.ts";
import { DEFAULT_REGISTRY, type KeyName } from "./keys.ts";
import { OwnerPages } from "./owner_pages.ts";
import { OWNERS, SEARCH, SHOW } from "./read_scripts.ts";
import type { RedisArgument, RedisReply } from "./redis_client.ts";
import { RedisLink } from "./redis_link.ts";
import { RequestPacker } from "./request_packer.ts";
import type { Script } from "./script.ts";
import { ScriptBatches } from "./script_batches.ts";
import { ScriptKeys } from "./script_keys.ts";
import { SourceSelector } from "./source_selector.ts";
import { JOIN, SWEEP, USE } from "./upkeep_scripts.ts";
import { ANSWER, CHANGE } from "./write_scripts.ts";

/** What a store in Redis needs. */
export interface RedisStoreOptions {
  /** `redis://[USER:PASSWORD@]HOST:PORT`; `rediss:` for TLS, `redis+cluster:`. */
  readonly url: string;
  /** Its name: one Redis may hold several registries. `peerdex` if not said. */
  readonly registry?: string;
  readonly limits: StoreLimits;
  /** Answers remembered for requests that are sent twice. */
  readonly maxReplies: number;
  /** Which sources a search gives first. */
  readonly selection: Selection;
  /** What tokens are made from, 16 bytes; without, what the registry keeps. */
  readonly secret?: Uint8Array;
  /** Fills bytes with randomness. */
  readonly random: (bytes: Uint8Array<ArrayBuffer>) => void;
  /** The time in milliseconds since 1970, which must not go back. */
  readonly clock: () => number;
  /**
   * Whether leases follow the time that every call is given, for tests with a
   * clock that is moved by hand; else they follow the clock of Redis.
   */
  readonly callerTime?: boolean;
  /** Told when Redis goes away, and what it refused. */
  readonly fault: (error: unknown) => void;
}

/** Searches, and changes, of one call: about a millisecond of Redis each. */
const MAX_SEARCHES = 32;
const MAX_CHANGES = 16;

/** The layout of what is in Redis. */
const VERSION = "2";

/** Keeps registrations, owners, sessions and leases in Redis. */
export class RedisStore implements SharedStore {
  readonly #options: RedisStoreOptions;
  readonly #packer: RequestPacker;
  readonly #limits: RedisArgument;
  readonly #keys: ScriptKeys;
  readonly #selector: SourceSelector;
  #link!: RedisLink;
  #pages!: EntryPages;
  #ownerPages!: OwnerPages;
  readonly #searches = new ScriptBatches(
    (requests) => this.#run(SEARCH, requests),
    MAX_SEARCHES,
  );
  readonly #changes = new ScriptBatches(
    (requests) => this.#run(CHANGE, [...requests, this.#limits]),
    MAX_CHANGES,
  );
  #secret: Uint8Array | undefined;
  #ahead = 0;
  #counts: StoreCounts = { registrations: 0, owners: 0, expired: 0 };
  #expiredBefore: number | undefined;
  #sweeping: Promise<void> | undefined;
  #closed = false;

  private constructor(options: RedisStoreOptions) {
    this.#options = options;
    const { limits, maxReplies, registry = DEFAULT_REGISTRY } = options;
    this.#packer = new RequestPacker(options.callerTime ?? false);
    this.#limits = this.#packer.limits([
      limits.maxRegistrations,
      limits.maxPerOwner,
      limits.maxPerAddress,
      limits.maxOwners,
      limits.maxOwnersPerAddress,
      maxReplies,
    ]);
    this.#keys = new ScriptKeys(registry);
    this.#selector = new SourceSelector(options.selection);
  }

  /**
   * Joins a registry, or makes a new one where there is none.
   *
   * @throws {Error} Where Redis cannot be used, saying why.
   */
  static async connect(options: RedisStoreOptions): Promise<RedisStore> {
    const store = new RedisStore(options);
    store.#link = await RedisLink.connect({
      url: options.url,
      key: store.#keys.key("meta"),
      random: options.random,
      fault: options.fault,
      prepare: (run) =>
        store.#join((args) => run(JOIN, args, store.#keys.of(JOIN))),
    });
    await store.#sweepAll(options.clock());
    return store;
  }

  /** What the tokens of all indexes of the registry are made from: 16 bytes. */
  get secret(): Uint8Array {
    return this.#secret!;
  }

  /** The time of Redis in milliseconds since 1970, which does not go back. */
  clock(): number {
    return this.#options.clock() + this.#ahead;
  }

  async open(request: OpenSession, now: number): Promise<SessionResult> {
    const [answer, held] = await this.#change(this.#packer.open(request, now));
    if (answer === ANSWER.KEYED) return { status: "KEYED" };
    return answer === ANSWER.FULL ? FULL : { status: "DONE", held: held! };
  }

  async close(request: CloseSession, now: number): Promise<void> {
    await this.#change(this.#packer.close(request, now));
  }

  async register(request: Register, now: number): Promise<RegisterResult> {
    const [answer, seconds] = await this.#change(
      this.#packer.register(request, now),
    );
    if (answer === ANSWER.TAKEN) return { status: "TAKEN" };
    if (answer === ANSWER.KEYLESS) return { status: "KEYLESS" };
    return answer === ANSWER.FULL
      ? FULL
      : { status: "DONE", leaseMs: seconds! * 1_000 };
  }

  async deregister(request: Deregister, now: number): Promise<boolean> {
    const blob = this.#packer.deregister(request, now);
    const [answer] = await this.#change(blob);
    return answer === ANSWER.DONE;
  }

  async search(search: Search, now: number): Promise<SearchResult> {
    if (!search.name && !search.digest) return { status: "NONE" };
    const { turn, wanted, withUses } = this.#selector.plan(search);
    const blob = this.#packer.search(search, { turn, wanted, withUses, now });
    const reply = await this.#searches.ask(blob);
    const { result, used } = this.#selector.select(search, reply as Buffer);
    if (used.length > 0) {
      const args = [this.#packer.time(now), ...used];
      // A count that is lost changes nothing but who is asked next.
      this.#run(USE, args).catch(() => {});
    }
    return result;
  }

  list(request: List, now: number): Promise<ListPage> {
    return this.#pages.page(request, this.#packer.time(now));
  }

  owners(request: OwnerList, now: number): Promise<ListPage> {
    return this.#ownerPages.page(request, now);
  }

  /** Frees in the background what has run out, and learns the counts. */
  sweep(now: number): boolean {
    if (this.#link.isUp && !this.#closed) {
      this.#sweeping ??= this.#sweepAll(now).catch(() => {}).finally(() => {
        this.#sweeping = undefined;
      });
    }
    return false;
  }

  /** Waits until what a sweep began is done. */
  async swept(): Promise<void> {
    await this.#sweeping;
  }

  /** How much the registry held when it was last swept. */
  counts(): StoreCounts {
    return this.#counts;
  }

  /** Leaves the registry. A second call does nothing more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#link[Symbol.asyncDispose]();
    await this.#sweeping;
  }

  async #join(
    run: (args: readonly RedisArgument[]) => Promise<RedisReply>,
  ): Promise<void> {
    const { random, secret, clock } = this.#options;
    const fresh = new Uint8Array(16 + 8);
    random(fresh);
    const known = this.#secret ?? secret;
    if (known) fresh.set(known);
    const before = clock();
    const reply = await run([this.#packer.join(fresh)]);
    const [version, epoch, kept, time] = reply as [
      Buffer,
      Buffer,
      Buffer,
      number,
    ];
    if (version.toString() !== VERSION) {
      throw new Error(
        `this registry is of version ${version}, and this index knows version ${VERSION}: use an index of its version, or another --registry`,
      );
    }
    this.#pages = new EntryPages({
      epoch,
      key: (name: KeyName) => this.#keys.key(name),
      show: (args) => this.#run(SHOW, args),
      send: (args) => this.#link.send(args),
    });
    this.#ownerPages = new OwnerPages({
      epoch,
      show: (range, at) => this.#run(OWNERS, [this.#packer.owners(range, at)]),
    });
    // Tokens are made from what the first connection found.
    if (this.#secret) return;
    this.#secret = secret ?? new Uint8Array(kept);
    if (!this.#options.callerTime) {
      this.#ahead = time - (before + clock()) / 2;
    }
  }

  async #sweepAll(now: number): Promise<void> {
    for (let more = true; more && !this.#closed;) {
      const time = this.#packer.time(now);
      const numbers = await this.#run(SWEEP, [time, this.#limits]);
      const [left, registrations, owners, expired] = numbers as number[];
      this.#expiredBefore ??= expired!;
      this.#counts = {
        registrations: registrations!,
        owners: owners!,
        expired: Math.max(0, expired! - this.#expiredBefore),
      };
      more = left === 1;
    }
  }

  async #change(request: RedisArgument): Promise<readonly number[]> {
    const reply = await this.#changes.ask(request) as readonly number[];
    if (reply[0] !== ANSWER.FAILED) return reply;
    const alone = await this.#run(CHANGE, [request, this.#limits]);
    return (alone as readonly (readonly number[])[])[0]!;
  }

  #run(
    script: Script,
    args: readonly RedisArgument[],
  ): Promise<RedisReply> {
    return this.#link.run(script, args, this.#keys.of(script));
  }
}

const FULL = { status: "FULL" } as const;
