import { assert, assertEquals } from "@std/assert";
import type { IndexClient } from "../../peer/index_client.ts";
import { IndexError } from "../../peer/index_error.ts";
import { delay } from "../../peer/clock.ts";
import { contentName } from "../../protocol/name.ts";
import { digestOf, metadataOf, TestPeer } from "../index/test_peer.ts";
import { ALICE, signer } from "../peer/client_fixture.ts";
import { AppliedOnce } from "./applied_once.ts";
import { BadNetwork } from "./bad_network.ts";

const CLIENTS = 10;
const NAMES = 500;
const STEPS = 20;

/** The longest pause between two steps with one name: tokens grow old. */
const MAX_PAUSE_MS = 20_000;

interface Holder {
  readonly client: number;
  readonly digest: number;
}

for (const seed of [1, 2, 3]) {
  Deno.test(`10,000 operations on a bad network end right, seed ${seed}`, async () => {
    const applied = new AppliedOnce();
    const network = new BadNetwork(
      { loss: 0.2, doubled: 0.05, maxDelay: 200 },
      { seed, watch: (store) => applied.watch(store) },
    );
    const { clock, random } = network;
    const pick = (below: number) => Math.floor(random() * below);
    const clients: IndexClient[] = [];
    for (let n = 0; n < CLIENTS; n++) {
      // Half of them are known by their key, half by their endpoint.
      const key = n % 2 === 0 ? { signer: signer() } : {};
      const client = await network.open(key);
      clients.push(client);
      await clock.until(client.hello({ lease: 3_600 }));
    }
    const ended = { operations: 0, wrong: [] as string[] };
    const say = (what: string, came: string, expected: string) => {
      ended.operations++;
      if (came !== expected) {
        ended.wrong.push(`${what}: ${came}, not ${expected}`);
      }
    };

    /** One thing after the other with one name, knowing what must come out. */
    const live = async (text: string): Promise<string[]> => {
      const name = contentName(text);
      let held: Holder | undefined;
      for (let step = 0; step < STEPS; step++) {
        await delay(random() * MAX_PAUSE_MS, { clock });
        const who = pick(CLIENTS);
        const client = clients[who]!;
        const isOwn = held?.client === who;
        const kind = pick(3);
        if (kind === 0) {
          const digest = 1 + pick(3);
          const metadata = metadataOf({ digest: digestOf(digest) });
          const entry = { peer: ALICE, name, port: 5_000 + who, metadata };
          const came = await outcome(client.register(entry));
          const isFree = !held || isOwn;
          say(`R ${text}`, came, isFree ? "done" : "NAME_TAKEN");
          if (isFree) held = { client: who, digest };
        } else if (kind === 1) {
          const came = await outcome(client.deregister({ peer: ALICE, name }));
          say(`T ${text}`, came, isOwn ? "done" : "NOT_FOUND");
          if (isOwn) held = undefined;
        } else {
          const came = await outcome(
            client.search({ name }).then((found) => {
              const [source] = found.sources;
              const digest = found.metadata.digest;
              assertEquals(found.count, 1);
              assertEquals(source?.port, 5_000 + held!.client);
              assertEquals(digest, digestOf(held!.digest));
            }),
          );
          say(`S ${text}`, came, held ? "done" : "NOT_FOUND");
        }
      }
      return held ? [text] : [];
    };
    const texts = Array.from({ length: NAMES }, (_, i) => `file ${i}`);
    const left = await clock.until(Promise.all(texts.map(live)));
    assertEquals(ended, { operations: NAMES * STEPS, wrong: [] });
    const watcher = new TestPeer(network.index, "198.51.100.1");
    const listed = watcher.list().entries.map(({ name }) => name as string);
    assertEquals(listed.sort(), left.flat().sort());
    assert(applied.changes > ended.operations / 2, "most of them are changes");
    // To repeat what an answer was lost for must not become a storm.
    const { datagrams } = network;
    assert(datagrams < 3 * ended.operations, `${datagrams} datagrams`);
    for (const client of clients) {
      await clock.until(client[Symbol.asyncDispose]());
    }
    // What is still on its way arrives, and nothing else happens.
    await clock.advance(1_000);
    assertEquals(clock.timers, 0);
  });
}

async function outcome(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "done";
  } catch (error) {
    if (error instanceof IndexError) return `${error.error}`;
    throw error;
  }
}
