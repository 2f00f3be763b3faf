import { assertEquals } from "@std/assert";
import { DiskPace } from "../../peer/disk_pace.ts";

const BYTES = new Uint8Array(8);

/** A disk that takes so long for everything, and notes how it was asked. */
class TestDisk {
  tookMs = 1;
  #now = 0;
  #asked: string[] = [];
  readonly pace = new DiskPace({
    now: () => this.#now,
    after: () => () => {},
  });
  readonly file = {
    readSync: () => this.#note("read on the spot"),
    writeSync: () => this.#note("written on the spot"),
    read: () => Promise.resolve(this.#note("read elsewhere", 0)),
    write: () => Promise.resolve(this.#note("written elsewhere", 0)),
  } as unknown as Deno.FsFile;

  pass(ms: number): void {
    this.#now += ms;
  }

  async use(): Promise<string[]> {
    this.#asked = [];
    assertEquals(await this.pace.read(this.file, BYTES), BYTES.length);
    assertEquals(await this.pace.write(this.file, BYTES), BYTES.length);
    return this.#asked;
  }

  #note(what: string, tookMs = this.tookMs): number {
    this.#asked.push(what);
    this.#now += tookMs;
    return BYTES.length;
  }
}

Deno.test("DiskPace waits on the spot for a quick disk", async () => {
  const disk = new TestDisk();
  for (let i = 0; i < 3; i++) {
    assertEquals(await disk.use(), ["read on the spot", "written on the spot"]);
  }
});

Deno.test("DiskPace rests 32 times as long as a slow disk took", async () => {
  const disk = new TestDisk();
  disk.tookMs = 10;
  // Once may be chance; the second time is not.
  assertEquals(await disk.use(), ["read on the spot", "written on the spot"]);
  const elsewhere = ["read elsewhere", "written elsewhere"];
  assertEquals(await disk.use(), elsewhere);
  disk.pass(319);
  assertEquals(await disk.use(), elsewhere);
  disk.pass(1);
  disk.tookMs = 1;
  assertEquals(await disk.use(), ["read on the spot", "written on the spot"]);
});

Deno.test("DiskPace takes one slow write for chance", async () => {
  const disk = new TestDisk();
  for (const tookMs of [10, 1, 10, 1]) {
    disk.tookMs = tookMs;
    await disk.pace.write(disk.file, BYTES);
    disk.tookMs = 1;
    assertEquals(await disk.use(), ["read on the spot", "written on the spot"]);
  }
});
