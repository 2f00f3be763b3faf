/**
 * Lists of thousands of names, through a real client from the real policy and
 * store, on networks good and bad.
 */

import { assert, assertEquals } from "@std/assert";
import type { IndexClient } from "../../peer/index_client.ts";
import { TestPeer } from "../index/test_peer.ts";
import { acknowledged } from "../index/test_peer.ts";
import { BadNetwork, type Weather } from "./bad_network.ts";

const COUNT = 10_000;

/** A way of 25 ms, there and back 50, on which nothing is lost. */
const GOOD: Weather = { loss: 0, doubled: 0, maxDelay: 25, minDelay: 25 };

function fill(network: BadNetwork, count: number): string[] {
  const owner = new TestPeer(network.index, "198.51.100.1");
  return Array.from({ length: count }, (_, n) => {
    const name = `photos/2026/${n % 50}/picture ${n}.jpg`;
    acknowledged(owner.register(name));
    return name;
  });
}

async function names(client: IndexClient, filter = ""): Promise<string[]> {
  const entries = await Array.fromAsync(await client.list(filter));
  return entries.map(({ name }) => `${name}`);
}

Deno.test("10,000 names are listed in 40 round trips at most", async () => {
  const network = new BadNetwork(GOOD, { seed: 1, limits: { maxRate: 0 } });
  const expected = fill(network, COUNT);
  const client = await network.open();
  const { clock } = network;
  const listed = await clock.until(names(client));
  assertEquals(listed, expected);
  assert(network.datagrams <= 40, `${network.datagrams} requests`);
  assert(clock.now() <= 40 * 50, `${clock.now()} ms`);
  assertEquals(client.dropped.unmatched, 0);
  await clock.until(client[Symbol.asyncDispose]());
});

Deno.test("10,000 names are listed within the rate that an index allows", async () => {
  const network = new BadNetwork(GOOD, {
    seed: 1,
    limits: { maxPerAddress: COUNT, maxRate: 2_000 },
  });
  const owner = new TestPeer(network.index, "198.51.100.1");
  for (let n = 0; n < COUNT; n++) {
    if (n % 2_000 === 0) network.index.pass(1_000);
    acknowledged(owner.register(`file ${n}`));
  }
  const client = await network.open();
  const listed = await network.clock.until(names(client));
  assertEquals(listed, Array.from({ length: COUNT }, (_, n) => `file ${n}`));
  await network.clock.until(client[Symbol.asyncDispose]());
});

for (const seed of [1, 2, 3, 4, 5]) {
  Deno.test(`a list on a bad network shows every name once, seed ${seed}`, async () => {
    const weather = { loss: 0.2, doubled: 0.05, maxDelay: 200 };
    const network = new BadNetwork(weather, { seed, limits: { maxRate: 0 } });
    const { clock, random } = network;
    const owner = new TestPeer(network.index, "198.51.100.1");
    const steady: string[] = [];
    const passing: string[] = [];
    for (let n = 0; n < 1_000; n++) {
      steady.push(`steady ${n}`);
      passing.push(`passing ${n}`);
      for (const kind of [steady, passing]) owner.register(kind[n]!);
    }
    const client = await network.open();
    // Others come and go between those that stay, so that no two answers to
    // the same question are the same.
    let listing = true;
    const change = () => {
      if (!listing) return;
      const name = passing[Math.floor(random() * passing.length)]!;
      if (random() < 0.5) acknowledged(owner.register(name));
      else owner.deregister(name);
      clock.after(2, change);
    };
    change();
    for (let round = 0; round < 3; round++) {
      const listed = await clock.until(names(client));
      const stayed = listed.filter((name) => name.startsWith("steady"));
      assertEquals(stayed, steady);
    }
    listing = false;
    const some = await clock.until(names(client, "steady 7"));
    assertEquals(some, steady.filter((name) => name.includes("7")));
    await clock.until(client[Symbol.asyncDispose]());
  });
}
