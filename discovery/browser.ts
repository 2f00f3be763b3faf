/**
 * A peer looks for an index on the local network.
 *
 * @module
 */

import type { Attempt } from "./attempt.ts";
import { type Clock, SYSTEM_CLOCK } from "./clock.ts";
import { type FoundIndex, FoundIndexes } from "./found_index.ts";
import type { InterfaceFilter, LinkInterface, Network } from "./link.ts";
import { LinkAsker } from "./link_asker.ts";
import { MULTICAST_NETWORK } from "./multicast_network.ts";
import type { ServiceOffer } from "./service_offer.ts";

/** Where to look, and for how long. */
export interface FindOptions extends InterfaceFilter {
  /** When to give up, in milliseconds; 3,000 by default. */
  readonly timeoutMs?: number | undefined;
  /**
   * How long to wait for more after the first answer, in milliseconds; 250 by
   * default. As long as `timeoutMs` lists every index.
   */
  readonly settleMs?: number | undefined;
  /** The most indexes that are returned; 16 by default. */
  readonly maxFound?: number | undefined;
  /** Ends the search. */
  readonly signal?: AbortSignal | undefined;
  /** The network; the real one by default. */
  readonly network?: Network | undefined;
  /** The machine's by default. */
  readonly clock?: Clock | undefined;
  /** A number from 0 to 1, 1 left out; `Math.random` by default. */
  readonly random?: (() => number) | undefined;
}

/** What a search came to. */
export interface Discovery {
  /** The indexes, the first that answered first. */
  readonly found: readonly FoundIndex[];
  /** What was tried, for the message when nothing was found. */
  readonly tried: readonly Attempt[];
}

/**
 * Looks for indexes on the local network by DNS-SD over multicast DNS, on all
 * interfaces at once, over IPv4 and IPv6; the first usually answers within
 * 150 ms. It needs `--allow-net` alone; with `--allow-sys=networkInterfaces` it
 * also asks over IPv4 on other interfaces than the one that the system chooses.
 *
 * @returns What was found, and what was tried. Whoever answers may lie: an index
 * is one once it has answered a hello.
 * @throws Whatever the signal was aborted with.
 *
 * @example
 * ```ts ignore
 * const { found, tried } = await findIndexes();
 * if (found.length === 0) throw new Error(nothingFound(tried));
 * const [{ hostname, port }] = found;
 * ```
 */
export async function findIndexes(
  options: FindOptions = {},
): Promise<Discovery> {
  options.signal?.throwIfAborted();
  await using search = new Search(options);
  return await search.run();
}

/**
 * When questions go out again, in milliseconds from the start: multicast gets
 * lost. To all at most once a second, then ever more seldom (RFC 6762, section
 * 5.2).
 */
const ROUNDS = [
  { atMs: 250, toAll: false },
  { atMs: 1_000, toAll: true },
  { atMs: 3_000, toAll: true },
  { atMs: 7_000, toAll: true },
] as const;

class Search implements AsyncDisposable {
  readonly #options: FindOptions;
  readonly #clock: Clock;
  readonly #found: FoundIndexes;
  readonly #askers: readonly LinkAsker[];
  readonly #cancels: (() => void)[] = [];
  readonly #work: Promise<void>[] = [];
  readonly #end = Promise.withResolvers<void>();
  #settling = false;

  constructor(options: FindOptions) {
    const { network = MULTICAST_NETWORK, random = Math.random } = options;
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#found = new FoundIndexes(options.maxFound ?? 16);
    const id = 1 + Math.floor(random() * 0xffff);
    const onOffer = (offer: ServiceOffer, on: LinkInterface) => {
      this.#found.add(offer, on);
      this.#settle();
    };
    this.#askers = network.interfaces(options).map((on) =>
      new LinkAsker(on, { network, id, onOffer })
    );
  }

  async run(): Promise<Discovery> {
    const { timeoutMs = 3_000, signal } = this.#options;
    const onAbort = () => this.#end.reject(signal!.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#after(timeoutMs, () => this.#end.resolve());
    for (const { atMs, toAll } of ROUNDS) {
      this.#after(atMs, () => {
        this.#work.push(
          ...this.#askers.map((asker) =>
            toAll ? asker.ask() : asker.askAlone()
          ),
        );
      });
    }
    this.#work.push(this.#start());
    try {
      await this.#end.promise;
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
    return { found: this.#found.list(), tried: this.#tried() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const cancel of this.#cancels) cancel();
    await Promise.all(this.#work);
    await Promise.all(
      this.#askers.map((asker) => asker[Symbol.asyncDispose]()),
    );
  }

  /** Asks on each interface as soon as it is open. */
  async #start(): Promise<void> {
    await Promise.all(this.#askers.map(async (asker) => {
      await asker.open();
      await asker.ask();
    }));
    if (this.#askers.every(({ attempt }) => attempt.problem !== undefined)) {
      this.#end.resolve();
    }
  }

  #settle(): void {
    if (this.#settling) return;
    this.#settling = true;
    this.#after(this.#options.settleMs ?? 250, () => this.#end.resolve());
  }

  #after(ms: number, callback: () => void): void {
    this.#cancels.push(this.#clock.after(ms, callback));
  }

  // Of interfaces that were only guessed, those that are there; where none of a
  // family is, one of them stands for all.
  #tried(): Attempt[] {
    const there = this.#askers.filter((asker) => !asker.isWrongGuess);
    const tried = there.map(({ attempt }) => attempt);
    for (const { attempt } of this.#askers) {
      if (tried.some(({ family }) => family === attempt.family)) continue;
      tried.push({ ...attempt, interface: "any interface" });
    }
    return tried;
  }
}
