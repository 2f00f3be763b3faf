/**
 * An index on a network that loses, doubles, delays and reorders, with real
 * clients and the real policy and store behind it, on a clock that a test moves.
 *
 * @module
 */

import {
  IndexClient,
  type IndexClientOptions,
} from "../../peer/index_client.ts";
import {
  START,
  TestIndex,
  type TestIndexOptions,
} from "../index/test_index.ts";
import { ALICE, seeded } from "../peer/client_fixture.ts";
import { FakeClock } from "../peer/fake_clock.ts";
import { FakeNetwork, type Fate, INDEX_ADDRESS } from "../peer/fake_network.ts";

/** How often an index frees what has run out, in milliseconds. */
const SWEEP_MS = 250;

/** How bad a network is. */
export interface Weather {
  /** The part of all datagrams that is lost. */
  readonly loss: number;
  /** The part of the rest that arrives twice. */
  readonly doubled: number;
  /** The longest that one is on its way, in milliseconds. */
  readonly maxDelay: number;
  /** The shortest; 1 if left out. */
  readonly minDelay?: number;
}

/** An index, its network, and the time that passes for both. */
export class BadNetwork {
  readonly clock = new FakeClock();
  /** The index: another one after a restart. */
  index: TestIndex;
  /** Datagrams that reached the index. */
  datagrams = 0;
  readonly #options: TestIndexOptions;
  readonly #random: () => number;
  readonly #network: FakeNetwork;

  constructor(
    weather: Weather,
    { seed, ...options }: TestIndexOptions & { readonly seed: number },
  ) {
    this.#options = options;
    this.#random = seeded(seed);
    this.index = new TestIndex(options);
    this.#network = new FakeNetwork(
      this.clock,
      (datagram, from) => this.#deliver(datagram, from),
    );
    const fate = () => this.#fate(weather);
    this.#network.toIndex = this.#network.toClient = fate;
  }

  /** Random numbers from 0 up to 1, the same in every run of a seed. */
  get random(): () => number {
    return this.#random;
  }

  /** Opens a client at an endpoint of its own. */
  open(options: Partial<IndexClientOptions> = {}): Promise<IndexClient> {
    return IndexClient.open({
      index: INDEX_ADDRESS,
      peer: ALICE,
      clock: this.clock,
      random: this.#random,
      bind: this.#network.bind,
      ...options,
    });
  }

  /** Sweeps as an index does, until the signal is aborted. */
  sweepUntil(signal: AbortSignal): void {
    this.clock.after(SWEEP_MS, () => {
      if (signal.aborted) return;
      this.#keepTime();
      this.index.store.sweep(this.index.now);
      this.sweepUntil(signal);
    });
  }

  /** Kills the index and starts one that knows nothing, not even its tokens. */
  restart(): void {
    const seed = 1 + Math.floor(this.#random() * 250);
    this.index = new TestIndex({ ...this.#options, seed });
    this.#keepTime();
  }

  #deliver(datagram: Uint8Array, from: string): Uint8Array[] {
    this.#keepTime();
    this.datagrams++;
    const [hostname, port] = from.split(":") as [string, string];
    return this.index.deliver(datagram, { hostname, port: Number(port) });
  }

  #keepTime(): void {
    this.index.now = START + this.clock.now();
  }

  #fate({ loss, doubled, maxDelay, minDelay = 1 }: Weather): Fate {
    if (this.#random() < loss) return [];
    const delay = () => minDelay + this.#random() * (maxDelay - minDelay);
    return this.#random() < doubled ? [delay(), delay()] : [delay()];
  }
}
