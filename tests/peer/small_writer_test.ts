import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { SmallWriter, type WriteJob } from "../../peer/small_writer.ts";
import { permitted, tempDir } from "../permission.ts";
import { startDying } from "./dying_worker.ts";
import { FaultyDisk } from "./faulty_disk.ts";
import { DISK } from "./folder_fixture.ts";
import { bytesOf } from "./transfer_fixture.ts";

const LENGTHS = [3, 0, 70_000, 1];
const TOTAL = LENGTHS.reduce((sum, length) => sum + length);
const TIME = 1_000_000_000_000;
const now = () => performance.now();

/** Some files, called after the job, in a folder. */
function jobIn(
  folder: string,
  name: string,
  job: Partial<WriteJob> = {},
): WriteJob {
  return {
    bytes: bytesOf(2 ** 17),
    lengths: LENGTHS,
    modified: LENGTHS.map((_, i) => i === 0 ? 0 : TIME + i * 1_000),
    paths: LENGTHS.map((_, i) => join(folder, `small-${name}-${i}`)),
    targets: LENGTHS.map((_, i) => join(folder, `${name}${i}`)),
    naming: true,
    ...job,
  };
}

function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

async function assertWritten(paths: readonly string[]): Promise<void> {
  const all = bytesOf(TOTAL);
  let start = 0;
  for (const [i, path] of paths.entries()) {
    const end = start + LENGTHS[i]!;
    assertEquals(await Deno.readFile(path), all.slice(start, end));
    const { mtime } = await Deno.stat(path);
    if (i > 0) assertEquals(mtime!.getTime(), TIME + i * 1_000);
    start = end;
  }
}

permitted(
  DISK,
  "SmallWriter.write() is the same here and on a thread",
  async () => {
    await using dir = await tempDir();
    await using writer = new SmallWriter(now);
    for (const name of ["here", "there", "again"]) {
      const job = jobIn(dir.path, name);
      const { bytes, unnamed, fault } = await writer.write(job);
      assertEquals(fault, undefined);
      assertEquals(unnamed, []);
      assertEquals(bytes, bytesOf(2 ** 17));
      assertEquals(job.bytes.length, name === "here" ? 2 ** 17 : 0);
      await assertWritten(job.targets);
    }
    assertEquals(namesIn(dir.path).length, 3 * LENGTHS.length);
  },
);

permitted(
  DISK,
  "SmallWriter.write() syncs all before any has its name",
  async () => {
    await using dir = await tempDir();
    for (const syncMs of [0, 1]) {
      let time = 0;
      await using writer = new SmallWriter(() => time += syncMs);
      using disk = new FaultyDisk();
      const lengths = Array(9).fill(1);
      const names = lengths.map((_, i) => join(dir.path, `${syncMs} ${i}`));
      await writer.write(jobIn(dir.path, "a", {
        ...{ lengths, modified: lengths.map(() => 0), targets: names },
        paths: names.map((name) => `${name} small`),
      }));
      const { log } = disk;
      assertEquals(log.filter((change) => change === "sync").length, 9);
      assert(log.lastIndexOf("write") < log.indexOf("sync"));
      assert(log.lastIndexOf("sync") < log.indexOf("link"));
    }
  },
);

permitted(
  DISK,
  "SmallWriter.write() names nothing over another file",
  async () => {
    await using dir = await tempDir();
    await using writer = new SmallWriter(now);
    for (const name of ["here", "there"]) {
      const job = jobIn(dir.path, name);
      await Deno.writeTextFile(job.targets[2]!, "another");
      // And what another process with the same number left behind stays.
      await Deno.writeTextFile(job.paths[3]!, "left");
      const { unnamed, fault } = await writer.write(job);
      assertEquals(fault, undefined);
      assertEquals(unnamed, [{ at: 2, path: job.paths[2]! }]);
      assertEquals(await Deno.readTextFile(job.targets[2]!), "another");
      assertEquals(await Deno.readTextFile(job.paths[3]!), "left");
      await assertWritten(job.targets.with(2, job.paths[2]!));
    }
  },
);

permitted(
  DISK,
  "SmallWriter.write() leaves the names to others where told so",
  async () => {
    await using dir = await tempDir();
    await using writer = new SmallWriter(now);
    const job = jobIn(dir.path, "a", { naming: false });
    const { unnamed } = await writer.write(job);
    assertEquals(unnamed, job.paths.map((path, at) => ({ at, path })));
    await assertWritten(job.paths);
  },
);

permitted(
  DISK,
  "SmallWriter.write() leaves nothing on a full disk",
  async () => {
    await using dir = await tempDir();
    await using writer = new SmallWriter(now);
    using _ = new FaultyDisk({ at: 2, what: "full" });
    const job = jobIn(dir.path, "a");
    const { fault, unnamed } = await writer.write(job);
    assertEquals(fault, {
      task: "write",
      path: job.paths[2]!,
      error: "Error",
      message: "No space left on device (os error 28)",
    });
    assertEquals(unnamed, []);
    assertEquals(namesIn(dir.path), []);
  },
);

permitted(
  DISK,
  "SmallWriter.write() tells what a thread could not do, and goes on",
  async () => {
    await using dir = await tempDir();
    await using writer = new SmallWriter(now);
    await writer.write(jobIn(dir.path, "first"));
    const missing = join(dir.path, "missing", "a");
    const job = jobIn(dir.path, "a");
    const { fault, bytes } = await writer.write({
      ...job,
      paths: job.paths.with(3, missing),
    });
    assertEquals([fault?.task, fault?.path], ["write", missing]);
    assertEquals(fault?.error, "NotFound");
    assertEquals(bytes.length, 2 ** 17);
    assertEquals(namesIn(dir.path).length, LENGTHS.length);
    const next = jobIn(dir.path, "next", { bytes });
    assertEquals((await writer.write(next)).fault, undefined);
    await assertWritten(next.targets);
  },
);

permitted(
  DISK,
  "a thread that dies rejects what it was to write, and is replaced",
  async () => {
    await using dir = await tempDir();
    const starts = [startDying];
    await using writer = new SmallWriter(now, { start: () => starts.pop()!() });
    await writer.write(jobIn(dir.path, "first"));
    const lost = ["a", "b"].map((name) => writer.write(jobIn(dir.path, name)));
    for (const job of lost) {
      await assertRejects(() => job, Error, "the thread that writes died");
    }
    starts.push(startDying);
    await assertRejects(
      () => writer.write(jobIn(dir.path, "c")),
      Error,
      "died",
    );
    assertEquals(starts, []);
  },
);

permitted(
  DISK,
  "disposing of a SmallWriter waits for what is being written",
  async () => {
    await using dir = await tempDir();
    const writer = new SmallWriter(now);
    const jobs = ["a", "b", "c"].map((name) => jobIn(dir.path, name));
    const writing = jobs.map((job) => writer.write(job));
    await writer[Symbol.asyncDispose]();
    for (const job of jobs) await assertWritten(job.targets);
    for (const reply of writing) assertEquals((await reply).fault, undefined);
    await writer[Symbol.asyncDispose]();
  },
);
