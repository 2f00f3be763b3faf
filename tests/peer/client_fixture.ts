/**
 * An index client before a small index, on a network and a clock of the test's.
 *
 * @module
 */

import { generateKeyPairSync, sign } from "node:crypto";
import {
  IndexClient,
  type IndexClientOptions,
} from "../../peer/index_client.ts";
import type { Digest } from "../../protocol/digest.ts";
import type { Signer } from "../../protocol/hello.ts";
import type { PublicKey } from "../../protocol/key.ts";
import type { Metadata } from "../../protocol/metadata.ts";
import { contentName, peerName } from "../../protocol/name.ts";
import { FakeClock } from "./fake_clock.ts";
import { FakeIndex } from "./fake_index.ts";
import { FakeNetwork, INDEX_ADDRESS } from "./fake_network.ts";

/** What a test has before it. */
export interface Stage extends AsyncDisposable {
  readonly clock: FakeClock;
  readonly index: FakeIndex;
  readonly network: FakeNetwork;
  readonly client: IndexClient;
  /** Opens another client. */
  open(options?: Partial<IndexClientOptions>): Promise<IndexClient>;
}

/** Sets the stage. */
export async function stage(
  options: Partial<IndexClientOptions> = {},
): Promise<Stage> {
  const clock = new FakeClock();
  const index = new FakeIndex();
  const network = new FakeNetwork(
    clock,
    (datagram, from) => index.handle(datagram, from),
  );
  const open = (more: Partial<IndexClientOptions> = {}) =>
    IndexClient.open({
      index: INDEX_ADDRESS,
      peer: ALICE,
      clock,
      random: seeded(),
      bind: network.bind,
      ...more,
    });
  const client = await open(options);
  return {
    clock,
    index,
    network,
    client,
    open,
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

/** A user name. */
export const ALICE = peerName("Alice");

/** A registration of a name, under Alice's. */
export function entry(name: string, peer = ALICE): {
  peer: typeof ALICE;
  name: ReturnType<typeof contentName>;
  port: number;
  metadata: Metadata;
} {
  return { peer, name: contentName(name), port: 6010, metadata: METADATA };
}

/** What some content is. */
export const METADATA: Metadata = {
  size: 3,
  digest: new Uint8Array(32).fill(7) as Digest,
  exponent: 18,
  modified: 0,
  partial: false,
};

/** A key. */
export function signer(): Signer {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const spki = publicKey.export({ format: "der", type: "spki" });
  return {
    key: new Uint8Array(spki.subarray(-32)) as PublicKey,
    sign: (bytes) => new Uint8Array(sign(null, bytes, privateKey)),
  };
}

/** Numbers from 0 up to 1 that are the same in every run (mulberry32). */
export function seeded(seed = 1): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ state >>> 15, 1 | state);
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed;
    return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32;
  };
}
