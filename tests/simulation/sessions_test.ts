import { assert, assertEquals } from "@std/assert";
import { delay } from "../../peer/clock.ts";
import type { IndexClient } from "../../peer/index_client.ts";
import { Session } from "../../peer/session.ts";
import type { Signer } from "../../protocol/hello.ts";
import { contentName, peerName } from "../../protocol/name.ts";
import { metadataOf, signerOf } from "../index/test_peer.ts";
import { BadNetwork } from "./bad_network.ts";

const PEERS = 30;
const HOUR_MS = 3_600_000;
const RESTART_MS = HOUR_MS / 4;

/** Two heartbeats of the standard lease, and time to repeat what was lost. */
const SETTLE_MS = 60_000;

for (const seed of [1, 2]) {
  Deno.test(`after an hour of crashes and restarts the index holds what is shared, seed ${seed}`, async () => {
    const network = new BadNetwork(
      { loss: 0.1, doubled: 0.05, maxDelay: 200 },
      { seed },
    );
    const { clock } = network;
    const end = new AbortController();
    network.sweepUntil(end.signal);
    const peers = Array.from(
      { length: PEERS },
      (_, n) => new Sharer(network, n),
    );
    const lives = Promise.all(peers.map((peer) => peer.live(HOUR_MS)));
    for (let n = 0; n < 3; n++) {
      await clock.advance(RESTART_MS);
      network.restart();
    }
    await clock.until(lives);
    await clock.advance(SETTLE_MS);

    const shared = peers.flatMap((peer) => peer.shared).sort();
    assert(shared.length > PEERS, "something is shared");
    assertEquals(await clock.until(listed(peers[0]!.client!)), shared);
    const { registrations, owners } = network.index.store.counts();
    assertEquals([registrations, owners], [shared.length, PEERS]);
    const crashes = peers.reduce((sum, peer) => sum + peer.crashes, 0);
    assert(crashes > PEERS, "most of them crashed, and came back");

    for (const peer of peers) await clock.until(peer.stop());
    assertEquals(network.index.store.counts().registrations, 0);
    end.abort();
    await clock.advance(1_000);
    assertEquals(clock.timers, 0);
  });
}

/** A peer with a key that shares, changes its mind, crashes and comes back. */
class Sharer {
  client: IndexClient | undefined;
  crashes = 0;
  readonly #network: BadNetwork;
  readonly #name: string;
  readonly #signer: Signer;
  #session: Session | undefined;
  #names = new Set<string>();

  constructor(network: BadNetwork, n: number) {
    this.#network = network;
    this.#name = `peer ${n}`;
    this.#signer = signerOf(n);
  }

  /** What it shares, as `user content`. */
  get shared(): string[] {
    return [...this.#names].map((name) => `${this.#name} ${name}`);
  }

  /** Lives for so long, and is there in the end. */
  async live(ms: number): Promise<void> {
    const { clock } = this.#network;
    await this.#start();
    while (clock.now() < ms) {
      await this.#pause(60_000);
      switch (this.#pick(6)) {
        case 0:
          await this.#crash();
          // Within its lease, or long after it.
          await this.#pause(this.#pick(2) === 0 ? 30_000 : 200_000);
          await this.#start();
          break;
        case 1:
          await this.stop();
          await this.#pause(60_000);
          await this.#start();
          break;
        case 2:
          for (const name of this.#names) {
            await this.#session!.deregister(contentName(name));
            this.#names.delete(name);
            break;
          }
          break;
        default:
          await this.#share();
      }
    }
  }

  /** Says goodbye. */
  async stop(): Promise<void> {
    await this.#session![Symbol.asyncDispose]();
    await this.client![Symbol.asyncDispose]();
    this.#names.clear();
  }

  async #start(): Promise<void> {
    const { clock } = this.#network;
    this.client = await this.#network.open({ signer: this.#signer });
    this.#session = await Session.open(this.client, {
      peer: peerName(this.#name),
      port: 1_024 + this.#pick(60_000),
      clock,
    });
    for (let n = this.#pick(4); n >= 0; n--) await this.#share();
  }

  /** The socket goes first, so that no goodbye gets through. */
  async #crash(): Promise<void> {
    this.crashes++;
    await this.client![Symbol.asyncDispose]();
    await this.#session![Symbol.asyncDispose]();
    this.#names.clear();
  }

  async #share(): Promise<void> {
    const name = `file ${this.#pick(20)}`;
    const entry = { name: contentName(name), metadata: metadataOf() };
    await this.#session!.register(entry);
    this.#names.add(name);
  }

  #pause(most: number): Promise<void> {
    const { clock, random } = this.#network;
    return delay(random() * most, { clock });
  }

  #pick(below: number): number {
    return Math.floor(this.#network.random() * below);
  }
}

async function listed(client: IndexClient): Promise<string[]> {
  const names: string[] = [];
  for await (const { peer, name } of await client.list()) {
    names.push(`${peer} ${name}`);
  }
  return names.sort();
}
