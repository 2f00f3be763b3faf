import { assert, assertEquals } from "@std/assert";
import { NotFoundError } from "../../peer/index_error.ts";
import { contentName } from "../../protocol/name.ts";
import { entry, seeded, signer, stage } from "./client_fixture.ts";
import type { Fate } from "./fake_network.ts";

/** A network that loses a fifth, doubles a twentieth and delays up to 200 ms. */
function badNetwork(random: () => number): () => Fate {
  return () => {
    if (random() < 0.2) return [];
    const delay = () => 1 + random() * 199;
    return random() < 0.05 ? [delay(), delay()] : [delay()];
  };
}

for (const seed of [1, 2, 3]) {
  Deno.test(`IndexClient reports nothing wrong on a bad network, seed ${seed}`, async () => {
    const random = seeded(seed);
    await using at = await stage({ signer: signer(), random: seeded(seed) });
    at.network.toIndex = at.network.toClient = badNetwork(random);
    const { client, index } = at;
    let operations = 0;

    /** Does one thing after the other with a name, knowing what must come out. */
    const live = async (name: string) => {
      let registered = false;
      for (let step = 0; step < 10; step++) {
        operations++;
        const before = index.registrations.has(`Alice/${name}`);
        assertEquals(before, registered);
        switch (Math.floor(random() * 3)) {
          case 0:
            await client.register(entry(name));
            registered = true;
            break;
          case 1: {
            const done = await succeeds(client.deregister(entry(name)));
            assertEquals(done, registered, `T ${name}, step ${step}`);
            registered = false;
            break;
          }
          default: {
            const query = { name: contentName(name) };
            const found = await succeeds(client.search(query));
            assertEquals(found, registered, `S ${name}, step ${step}`);
          }
        }
      }
      return registered;
    };
    const names = Array.from({ length: 200 }, (_, i) => `file ${i}`);
    const lives = await at.clock.until(Promise.all(names.map(live)));
    assertEquals(operations, 2_000);
    assertEquals(
      index.names,
      names.filter((_, i) => lives[i]).map((name) => `Alice/${name}`).sort(),
    );
    // Repeating what an answer was lost for must not become a storm.
    assert(index.requests.length < 3 * operations, `${index.requests.length}`);
  });
}

async function succeeds(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (error instanceof NotFoundError) return false;
    throw error;
  }
}
