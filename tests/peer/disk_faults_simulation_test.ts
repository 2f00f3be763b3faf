import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { DiskError } from "../../peer/errors.ts";
import { Hasher } from "../../peer/hasher.ts";
import { permitted, tempDir } from "../permission.ts";
import { FakeClock } from "./fake_clock.ts";
import { type DiskFault, FaultyDisk } from "./faulty_disk.ts";
import { MemorySources } from "./memory_sources.ts";
import { bytesOf, contentOf, fetchInto, NAME } from "./transfer_fixture.ts";

const FILES = { read: true, write: true } as const;
const CONTENT = contentOf(bytesOf(4 * 2 ** 18 + 77));

/** A download while something goes wrong with the disk. */
async function fetchOn(folder: string, fault: DiskFault) {
  await using hasher = new Hasher({ threads: 1, hereBytes: Infinity });
  const clock = new FakeClock();
  await using sources = new MemorySources();
  const source = sources.add("source", (_, reply) => reply.good(CONTENT));
  let verified = 0;
  using disk = new FaultyDisk(fault);
  const fetching = fetchInto(folder, CONTENT, [source.source], {
    hasher,
    clock,
    connect: sources.connect,
    onProgress: ({ bytes }) => verified = bytes,
  });
  const settled = await Promise.allSettled([clock.until(fetching)]);
  return { result: settled[0], disk, verified };
}

/** What is under the name, whole or not at all. */
async function finished(folder: string): Promise<boolean> {
  try {
    const bytes = await Deno.readFile(join(folder, NAME));
    assertEquals(bytes, CONTENT.bytes);
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return false;
  }
}

permitted(FILES, "download() syncs a file before it has its name", async () => {
  await using dir = await tempDir({ inMemory: true });
  const { disk, result } = await fetchOn(dir.path, {});
  assertEquals(result.status, "fulfilled");
  const named = disk.log.indexOf("link");
  assert(named > 0);
  assertEquals(disk.log[named - 1], "sync");
  assert(disk.log.lastIndexOf("write") < named);
  // Then the old name goes, the folder is synced, and the record goes.
  assertEquals(disk.log.slice(named + 1), ["remove", "sync", "remove"]);
});

for (const what of ["full", "killed", "power"] as const) {
  const faults = {
    full: "when the disk is full",
    killed: "when it was killed",
    power: "after a power cut",
  };
  permitted(
    FILES,
    `download() goes on ${faults[what]}, at any change of the disk`,
    async () => {
      for (let at = 1;; at++) {
        await using dir = await tempDir({ inMemory: true });
        const { result, verified } = await fetchOn(dir.path, { at, what });
        const isThere = await finished(dir.path);
        if (result.status === "fulfilled") {
          assertEquals(isThere, true);
          // Nothing was left to go wrong.
          if (what !== "full" || at > 40) break;
          continue;
        }
        if (what === "full") {
          assert(result.reason instanceof DiskError, `${result.reason}`);
          assert(result.reason.message.includes("the disk is full"));
        }
        const { result: next } = await fetchOn(dir.path, {});
        if (next.status === "rejected") {
          throw new Error(`At change ${at}`, { cause: next.reason });
        }
        assertEquals(await finished(dir.path), true);
        const { bytesKept, bytesFetched, outcome } = next.value;
        if (outcome === "fetched") {
          assertEquals(bytesKept + bytesFetched, CONTENT.bytes.length);
          // A power cut may take what was not synced yet, and nothing else does.
          if (what !== "power") assert(bytesKept >= verified, `${at}`);
        }
        const parts = join(dir.path, ".peerdex", "parts");
        assertEquals([...Deno.readDirSync(parts)], []);
      }
    },
  );
}
