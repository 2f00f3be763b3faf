import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { Child } from "../child.ts";
import { permitted, tempDir } from "../permission.ts";
import { bytesOf, contentOf, randomOf, TRANSFER } from "./transfer_fixture.ts";

const CHILD = "tests/peer/transfer_child.ts";

/** Slow enough to be killed in the middle. */
const LIMIT_UP = 8_000_000;

permitted(
  { ...TRANSFER, run: true },
  "a download whose processes are killed again and again ends with the right file",
  async () => {
    await using dir = await tempDir();
    const content = contentOf(bytesOf(48 * 2 ** 20 + 12_345));
    const { size, digest, exponent } = content.metadata;
    const file = join(dir.path, "source.bin");
    await Deno.writeFile(file, content.bytes);
    const folder = join(dir.path, "folder");
    await Deno.mkdir(folder);
    const random = randomOf(7);

    const serve = async (port: number) => {
      const child = Child.start(CHILD, [
        "serve",
        file,
        String(port),
        String(LIMIT_UP),
      ], { allow: ["-A"] });
      return { child, port: (await child.until(/\d+(?=\n)/)).trim() };
    };
    const sources = [await serve(0), await serve(0)];
    const ports = sources.map(({ port }) => port);
    /** Kills a source, and starts it again where it was. */
    const restart = async (i: number) => {
      await sources[i]!.child[Symbol.asyncDispose]();
      sources[i] = await serve(Number(ports[i]));
    };
    const fetch = () =>
      Child.start(CHILD, [
        "fetch",
        folder,
        String(size),
        digest.toHex(),
        String(exponent),
        ...ports,
      ], { allow: ["-A"] });

    let verified = 0;
    try {
      for (let round = 0; round < 8; round++) {
        await using child = fetch();
        const first = await child.until(/(verified|done) \d+.*(?=\n)/);
        const kept = Number(first.split(" ")[1]);
        // The last rounds may come when all is there already.
        if (first.startsWith("done")) break;
        // Nothing that was verified before is lost.
        assert(kept >= verified, `${kept} of ${verified}`);
        verified = kept;
        const lines = 1 + Math.floor(random() * 12);
        for (let line = 0; line < lines; line++) {
          const next = await child.until(/(verified|done) \d+.*(?=\n)/);
          if (next.startsWith("done")) break;
          verified = Number(next.split(" ")[1]);
        }
        // While the download runs, or just before it is killed as well.
        if (round % 2 === 1) await restart(Math.floor(2 * random()));
        // Leaving the round kills the child.
      }
      await using last = fetch();
      const done = await last.until(/done \d+ \d+(?=\n)/);
      const [, kept, fetched] = done.split(" ").map(Number);
      if (kept! + fetched! > 0) {
        assert(kept! >= verified);
        // The last pieces may be asked of both sources.
        const twice = kept! + fetched! - size;
        assert(twice >= 0 && twice < LIMIT_UP, `${twice} bytes came twice`);
      }
    } finally {
      for (const { child } of sources) await child[Symbol.asyncDispose]();
    }
    const path = join(folder, "films", "a.bin");
    assertEquals(await Deno.readFile(path), content.bytes);
    const left = Deno.readDirSync(join(folder, ".peerdex", "parts"));
    assertEquals([...left], []);
  },
);
