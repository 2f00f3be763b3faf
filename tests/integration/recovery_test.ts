/**
 * What must survive the sudden end of any of the programs.
 */

import { assert, assertEquals } from "@std/assert";
import { permitted } from "../permission.ts";
import { PROCESSES, Site } from "./site.ts";

/**
 * Makes the leases of a test short enough to wait for: so short that on a busy
 * machine one may run out now and then, and be taken again.
 */
const SHORT_LEASE = ["--min-lease", "2", "--lease", "2"];

permitted(
  PROCESSES,
  "a peer that was killed is gone after its lease",
  async () => {
    await using site = await Site.start(...SHORT_LEASE);
    await site.put("alice", "song.txt", "la la la\n");
    await site.put("bob", "poem.txt", "roses are red\n");
    const alice = await site.sharer("alice");
    await site.sharer("bob");
    await site.untilOnline(["alice/song.txt", "bob/poem.txt"]);
    alice.kill("SIGKILL");
    await site.untilOnline(["bob/poem.txt"]);
  },
);

permitted(
  PROCESSES,
  "an index that was killed is whole again after a heartbeat",
  async () => {
    await using site = await Site.start(...SHORT_LEASE);
    await site.put("alice", "song.txt", "la la la\n");
    await site.put("bob", "poem.txt", "roses are red\n");
    const alice = await site.sharer("alice");
    const bob = await site.sharer("bob");
    await site.replaceIndex();
    await alice.event("registered-again", { count: 1 });
    await bob.event("registered-again", { count: 1 });
    await site.untilOnline(["alice/song.txt", "bob/poem.txt"]);
  },
);

permitted(
  PROCESSES,
  "a download that was killed goes on where it was",
  async () => {
    await using site = await Site.start();
    const size = 24 * 2 ** 20 + 17;
    const content = new Uint8Array(size).map((_, i) =>
      (i * 2_654_435_761) >>> 13
    );
    await site.put("alice", "big.bin", content);
    await site.sharer("alice");

    // So slow that it is not done before it is killed, on any machine.
    const limit = ["--limit-down", "1M", "--json"];
    const killed = await site.peer("bob", "get", "big.bin", ...limit);
    let bytes = 0;
    while (bytes === 0) {
      ({ bytes } = await killed.event<{ bytes: number }>("progress"));
    }
    killed.kill("SIGKILL");
    await killed.end();
    assertEquals(await exists(`${await site.dir("bob")}/big.bin`), false);

    const again = await site.peer("bob", "get", "big.bin", "--json");
    const done = await again.event<{ fetched: number; kept: number }>("done");
    assertEquals((await again.end()).code, 0);
    assertEquals(done.fetched + done.kept, size);
    assert(done.kept >= bytes, `kept ${done.kept} of ${bytes}`);
    assertEquals(
      await Deno.readFile(`${await site.dir("bob")}/big.bin`),
      content,
    );
  },
);

permitted(
  PROCESSES,
  "a peer that was killed takes its registrations over",
  async () => {
    await using site = await Site.start();
    await site.put("alice", "song.txt", "la la la\n");
    await site.put("alice", "poem.txt", "roses are red\n");
    const first = await site.sharer("alice");
    first.kill("SIGKILL");
    await first.end();
    await Deno.remove(`${await site.dir("alice")}/poem.txt`);
    await site.sharer("alice");
    // What it no longer shares it does not keep alive either.
    await site.untilOnline(["alice/song.txt"]);
    const other = await site.peer("bob", "get", "song.txt", "--json");
    await other.event("done", { name: "song.txt" });
    assertEquals((await other.end()).code, 0);
  },
);

permitted(
  PROCESSES,
  "forget removes what a killed peer left, and asks one that runs",
  async () => {
    await using site = await Site.start();
    await site.put("alice", "song.txt", "la la la\n");
    await site.put("alice", "poem.txt", "roses are red\n");
    const alice = await site.sharer("alice");
    const asked = await site.peer("alice", "forget", "song.txt");
    assertEquals((await asked.end()).code, 0);
    assertEquals(await site.online(), ["alice/poem.txt"]);
    alice.kill("SIGKILL");
    await alice.end();
    const alone = await site.peer("alice", "forget", "poem.txt", "song.txt");
    assertEquals((await alone.end()).code, 3);
    assertEquals(await site.online(), []);
  },
);

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch {
    return false;
  }
}
