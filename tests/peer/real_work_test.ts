import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { Hasher } from "../../peer/hasher.ts";
import { plainPieceHashes, testContent } from "../protocol/plain_digest.ts";
import { permitted, tempDir } from "../permission.ts";
import { FakeClock } from "./fake_clock.ts";

permitted(
  { read: true, write: true },
  "no time of a FakeClock passes while a file or a thread is at work",
  async () => {
    await using dir = await tempDir();
    await using hasher = new Hasher({ threads: 1 });
    const clock = new FakeClock();
    const work = async () => {
      const times: number[] = [];
      for (let i = 0; i < 10; i++) {
        const path = join(dir.path, `${i}`);
        using file = await Deno.open(path, { write: true, createNew: true });
        await file.write(testContent(100_000));
        await file.sync();
        const names = await Array.fromAsync(Deno.readDir(dir.path));
        assertEquals(names.length, i + 1);
        const content = testContent(100_000);
        const expected = plainPieceHashes(content, 18).toHex();
        const options = { exponent: 18, alone: true };
        const { hashes } = await hasher.hash(content, options);
        assertEquals(hashes.toHex(), expected);
        times.push(clock.now());
      }
      return times;
    };
    const working = work();
    await clock.advance(3_600_000);
    assertEquals(await working, new Array(10).fill(0));

    const again = work().catch((error) => `${error.name} at ${clock.now()}`);
    clock.after(1, () => {});
    assertEquals(await clock.until(again), "AlreadyExists at 3600000");
  },
);
