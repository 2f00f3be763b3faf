/**
 * The index makes itself known on the local network.
 *
 * @module
 */

import { formatAddress } from "../protocol/address.ts";
import {
  addressesOn,
  type AnnouncedPlace,
  placeOf,
  type PlaceOptions,
} from "./announced_place.ts";
import { serviceOf, type ServiceOptions } from "./announced_service.ts";
import { type Clock, SYSTEM_CLOCK } from "./clock.ts";
import type { Link, LinkInterface, Network } from "./link.ts";
import { LinkAnnouncer } from "./link_announcer.ts";
import { MULTICAST_NETWORK } from "./multicast_network.ts";
import type { Service } from "./service.ts";

/** What is announced, and where. */
export interface AnnouncerOptions extends ServiceOptions, PlaceOptions {
  /** Ends it as disposing it does. */
  readonly signal?: AbortSignal | undefined;
  /** Told what could not be announced where, each problem once. */
  readonly onProblem?: ((problem: Error) => void) | undefined;
  /** The network; the real one by default. */
  readonly network?: Network | undefined;
  /** The machine's by default. */
  readonly clock?: Clock | undefined;
  /** A number from 0 to 1, 1 left out; `Math.random` by default. */
  readonly random?: (() => number) | undefined;
}

/** How often interfaces are looked for that have come or gone. */
export const INTERFACES_EVERY_MS = 30_000;

/**
 * Announces an index on the local network by DNS-SD over multicast DNS, as
 * `_peerdex._udp.local`, until it is disposed; then it says goodbye.
 *
 * Its name is random enough that it is not asked first whether another has it
 * (RFC 6762, section 8.1, allows that). Without the permission to list the
 * interfaces (`--allow-sys=networkInterfaces`) it speaks over IPv4 on the
 * interface that the system chooses and over IPv6 on the first 32, and leaves
 * its addresses out: a peer takes the one that the answer came from.
 *
 * @example
 * ```ts ignore
 * await using announcer = await Announcer.start({ port: 60000 });
 * console.log(announcer.instance); // Peerdex 3fa9c1d2
 * ```
 */
export class Announcer implements AsyncDisposable {
  /** The name that people see. */
  readonly instance: string;
  readonly #service: Service;
  readonly #place: AnnouncedPlace;
  readonly #network: Network;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #onProblem: (problem: Error) => void;
  readonly #open = new Map<string, OpenLink>();
  readonly #problems = new Set<string>();
  readonly #work = new Set<Promise<void>>();
  readonly #signal: AbortSignal | undefined;
  #failure: unknown;
  #cancelRefresh: () => void = () => {};
  #closing: Promise<void> | undefined;

  private constructor(options: AnnouncerOptions) {
    this.#place = placeOf(options);
    this.#network = options.network ?? MULTICAST_NETWORK;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#random = options.random ?? Math.random;
    this.#onProblem = options.onProblem ?? (() => {});
    this.#signal = options.signal;
    this.#service = serviceOf(options, this.#random);
    this.instance = this.#service.instance;
  }

  /**
   * Starts to announce. Where it can be announced nowhere, it starts all the
   * same and goes on trying: an index must not fail for it.
   *
   * @throws {TypeError} Where the name, the address or a value cannot be
   * announced.
   * @throws {RangeError} Where the port is none.
   * @throws Whatever the signal was aborted with.
   */
  static async start(options: AnnouncerOptions): Promise<Announcer> {
    options.signal?.throwIfAborted();
    const announcer = new Announcer(options);
    await announcer.#refresh();
    await announcer.#sent();
    options.signal?.addEventListener("abort", announcer.#onAbort);
    if (options.signal?.aborted) {
      await announcer[Symbol.asyncDispose]();
      options.signal.throwIfAborted();
    }
    return announcer;
  }

  /** Where it is announced at this moment. */
  get interfaces(): LinkInterface[] {
    return [...this.#open.values()].map(({ on }) => on);
  }

  /** Says goodbye and closes all sockets. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#closing ??= this.#close();
  }

  readonly #onAbort = () => void this[Symbol.asyncDispose]();

  async #close(): Promise<void> {
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#cancelRefresh();
    await this.#sent();
    for (const { announcer } of this.#open.values()) announcer.goodbye();
    await this.#sent();
    for (const open of [...this.#open.values()]) this.#drop(open);
    await this.#sent();
  }

  async #sent(): Promise<void> {
    while (this.#work.size > 0) await Promise.all(this.#work);
    if (this.#open.size === 0 && this.#failure) this.#report(this.#failure);
  }

  /** Opens what has come, drops what has gone, and does so again later. */
  async #refresh(): Promise<void> {
    const wanted = new Map(this.#wanted().map((on) => [keyOf(on), on]));
    for (const [key, open] of this.#open) {
      if (!wanted.has(key)) this.#drop(open);
    }
    const opening = [...wanted]
      .filter(([key]) => !this.#open.has(key))
      .map(([key, on]) => this.#openLink(key, on));
    await Promise.all(opening);
    if (this.#closing) return;
    this.#cancelRefresh = this.#clock.after(
      INTERFACES_EVERY_MS,
      () => this.#track(this.#refresh()),
    );
  }

  #wanted(): LinkInterface[] {
    try {
      return this.#network.interfaces(this.#place.filter);
    } catch (error) {
      this.#report(
        new Error("Cannot list the network interfaces", { cause: error }),
      );
      return [];
    }
  }

  async #openLink(key: string, on: LinkInterface): Promise<void> {
    let open: OpenLink | undefined;
    try {
      const link = await this.#network.open(on, {
        kind: "group",
        take: (bytes, from) => open?.announcer.receive(bytes, from),
        fail: (error) => open && this.#failed(open, error),
      });
      open = {
        key,
        on,
        link,
        announcer: new LinkAnnouncer(on, {
          service: this.#service,
          addresses: addressesOn(on, this.#place),
          clock: this.#clock,
          random: this.#random,
          send: (bytes, to) => {
            const sent = to ? link.sendTo(bytes, to) : link.send(bytes);
            this.#track(sent.catch((error) => {
              // That one host cannot be reached says nothing of the others.
              if (!to && open) this.#failed(open, error);
            }));
          },
        }),
      };
      this.#open.set(key, open);
      open.announcer.announce();
    } catch (error) {
      this.#noteFailure(on, error);
    }
  }

  #failed(open: OpenLink, error: unknown): void {
    this.#noteFailure(open.on, error);
    this.#drop(open);
  }

  // Most of what is guessed is not there: only where nothing is, it is told.
  #noteFailure(on: LinkInterface, error: unknown): void {
    if (on.guessed) this.#failure ??= error;
    else this.#report(error);
  }

  #drop(open: OpenLink): void {
    if (this.#open.get(open.key) === open) this.#open.delete(open.key);
    open.announcer[Symbol.dispose]();
    this.#track(open.link[Symbol.asyncDispose]());
  }

  #report(error: unknown): void {
    const problem = error instanceof Error ? error : new Error(String(error));
    if (this.#closing || this.#problems.has(problem.message)) return;
    if (this.#problems.size < MAX_PROBLEMS) this.#problems.add(problem.message);
    this.#onProblem(problem);
  }

  #track(work: PromiseLike<void>): void {
    const done: Promise<void> = Promise.resolve(work)
      .catch((error) => this.#report(error))
      .finally(() => this.#work.delete(done));
    this.#work.add(done);
  }
}

/** A socket in use, and what is said on it. */
interface OpenLink {
  readonly key: string;
  readonly on: LinkInterface;
  readonly link: Link;
  readonly announcer: LinkAnnouncer;
}

const MAX_PROBLEMS = 100;

/** What makes two interfaces the same to speak on. */
function keyOf({ family, name, zone, addresses }: LinkInterface): string {
  return [family, name, zone, ...addresses.map(formatAddress)].join(" ");
}
