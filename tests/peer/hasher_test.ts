import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { startHashWorker } from "../../peer/hash_worker.ts";
import { Hasher } from "../../peer/hasher.ts";
import { FakeClock } from "./fake_clock.ts";
import { plainPieceHashes, testContent } from "../protocol/plain_digest.ts";
import { startDying } from "./dying_worker.ts";

const MIB = 1_048_576;
const PIECES = { exponent: 18, alone: false } as const;

/** Permissions are taken away, because a worker must start without any. */
function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, permissions: "none", fn });
}

test("Hasher.hash() agrees with BEP 52 step by step, here and elsewhere", async () => {
  await using hasher = new Hasher({ threads: 1 });
  for (const size of [0, 1, 65_536, 65_537, MIB, 3 * MIB - 5]) {
    const content = testContent(size);
    const alone = size <= 2 ** 18;
    const expected = alone && size === 0
      ? "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
      : plainPieceHashes(content, 18).toHex();
    const { hashes } = await hasher.hash(content, { exponent: 18, alone });
    assertEquals(hashes.toHex(), expected, `${size} bytes`);
  }
});

test("Hasher.hash() moves the memory there and back", async () => {
  await using hasher = new Hasher({ threads: 1 });
  const memory = new ArrayBuffer(MIB + 100);
  const content = new Uint8Array(memory, 7, MIB).fill(9);
  const hashing = hasher.hash(content, PIECES);
  assertEquals(memory.detached, true);
  const back = (await hashing).content;
  assertEquals(back.byteOffset, 7);
  assertEquals(back.length, MIB);
  assertEquals(back.buffer.byteLength, MIB + 100);
  assertEquals(back.every((byte) => byte === 9), true);
});

test("Hasher.hash() starts no thread for what is small", async () => {
  let started = 0;
  const start = () => {
    started++;
    return startHashWorker();
  };
  await using hasher = new Hasher({ threads: 2, start });
  const { content } = await hasher.hash(testContent(65_536), PIECES);
  assertEquals(content.buffer.detached, false);
  assertEquals(started, 0);
  await hasher.hash(testContent(65_537), PIECES);
  assertEquals(started, 1);
  // The one that is idle is used before another is started.
  await hasher.hash(testContent(65_537), PIECES);
  assertEquals(started, 1);
  const jobs = Array.from({ length: 5 }, () => testContent(MIB))
    .map((content) => hasher.hash(content, PIECES));
  assertEquals(started, 2);
  const expected = plainPieceHashes(testContent(MIB), 18).toHex();
  for (const { hashes } of await Promise.all(jobs)) {
    assertEquals(hashes.toHex(), expected);
  }
});

test("Hasher.hash() starts no thread for a little at a time, where told so", async () => {
  let started = 0;
  const start = () => {
    started++;
    return startHashWorker();
  };
  const clock = new FakeClock();
  const hereBytes = 2 * MIB;
  await using hasher = new Hasher({ threads: 1, hereBytes, clock, start });
  const expected = plainPieceHashes(testContent(MIB), 18).toHex();
  const hash = async () => {
    const { hashes } = await hasher.hash(testContent(MIB), PIECES);
    assertEquals(hashes.toHex(), expected);
  };
  for (let i = 0; i < 3; i++) {
    await hash();
    await hash();
    await clock.advance(250);
  }
  assertEquals(started, 0);
  for (let i = 0; i < 3; i++) await hash();
  assertEquals(started, 1);
  // What has started is used from then on.
  await clock.advance(10_000);
  const content = testContent(MIB);
  const hashing = hasher.hash(content, PIECES);
  assertEquals(content.buffer.detached, true);
  await hashing;
});

test("Hasher.hash() refuses more than one part alone, and goes on", async () => {
  await using hasher = new Hasher({ threads: 1 });
  for (const alone of [true, false]) {
    const exponent = alone ? 18 : 3;
    for (const size of [20_000, MIB]) {
      if (alone && size < 2 ** 18) continue;
      await assertRejects(
        () => hasher.hash(testContent(size), { exponent, alone }),
        RangeError,
        "Cannot hash",
      );
    }
  }
  assertEquals(
    (await hasher.hash(testContent(MIB), PIECES)).hashes.length,
    128,
  );
});

test("Hasher.hash() ends with its signal", async () => {
  await using hasher = new Hasher({ threads: 1 });
  const reason = new Error("no more");
  const stop = new AbortController();
  const { signal } = stop;
  const hashing = hasher.hash(testContent(MIB), { ...PIECES, signal });
  const other = hasher.hash(testContent(MIB), PIECES);
  stop.abort(reason);
  assertEquals(await assertRejects(() => hashing), reason);
  const refused = hasher.hash(testContent(MIB), { ...PIECES, signal });
  assertEquals(await assertRejects(() => refused), reason);
  assertEquals((await other).hashes.length, 128);
});

test("a thread that dies rejects what it had, and is replaced", async () => {
  const workers = [startDying, startHashWorker];
  const start = () => workers.shift()!();
  await using hasher = new Hasher({ threads: 1, start });
  const lost = [1, 2].map(() => hasher.hash(testContent(MIB), PIECES));
  for (const job of lost) {
    await assertRejects(() => job, Error, "the thread that hashes died");
  }
  assertEquals(
    (await hasher.hash(testContent(MIB), PIECES)).hashes.length,
    128,
  );
  assertEquals(workers.length, 0);
});

test("disposing of a Hasher rejects what it had, twice is harmless", async () => {
  const hasher = new Hasher({ threads: 1 });
  const hashing = hasher.hash(testContent(MIB), PIECES);
  const lost = assertRejects(() => hashing, Error, "was disposed of");
  await hasher[Symbol.asyncDispose]();
  await lost;
  await hasher[Symbol.asyncDispose]();
  for (const size of [1, MIB]) {
    const late = () => hasher.hash(testContent(size), PIECES);
    await assertRejects(late, Error, "was disposed of");
  }
});

test("disposing of a Hasher that never started a thread is harmless", async () => {
  await new Hasher()[Symbol.asyncDispose]();
});

Deno.test("new Hasher() refuses to work on no thread", () => {
  for (const threads of [0, -1, 1.5, NaN]) {
    assertThrows(() => new Hasher({ threads }), RangeError, "at least 1");
  }
});
