import { assertEquals, assertThrows } from "@std/assert";
import { FileExistsError } from "../../../peer/errors.ts";
import type { FetchOptions } from "../../../peer/fetch.ts";
import type { Downloaded, Peer } from "../../../peer/peer.ts";
import {
  DownloadQueue,
  TooManyDownloadsError,
} from "../../../peer/web/download_queue.ts";
import { contentName } from "../../../protocol/name.ts";

/** A download that a test ends as it likes. */
interface Asked {
  readonly name: string;
  readonly options: FetchOptions;
  readonly done: () => void;
  readonly fail: (error: Error) => void;
}

/** A peer that downloads nothing by itself. */
class IdlePeer implements Pick<Peer, "download"> {
  readonly asked: Asked[] = [];

  download(name: string, options: FetchOptions = {}): Promise<Downloaded> {
    const { promise, resolve, reject } = Promise.withResolvers<Downloaded>();
    const result = { metadata: { size: 10 }, outcome: "fetched" };
    this.asked.push({
      ...{ name, options },
      done: () => resolve(result as Downloaded),
      fail: reject,
    });
    options.signal?.addEventListener(
      "abort",
      () => reject(options.signal?.reason),
    );
    return promise;
  }
}

/** Lets everything go on that can. */
async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

function phases(queue: DownloadQueue): string[] {
  return queue.list().map(({ name, phase }) => `${name} ${phase}`);
}

Deno.test("DownloadQueue runs some at once and the others in turn", async () => {
  const peer = new IdlePeer();
  await using queue = new DownloadQueue({
    peer,
    maxRunning: 2,
    onChange: () => {},
  });
  for (const name of ["a", "b", "c"]) queue.add(contentName(name));
  // What is under way is not begun again.
  assertEquals(queue.add(contentName("a")).id, 1);
  assertEquals(phases(queue), ["c waiting", "b running", "a running"]);
  peer.asked[0]!.done();
  await settled();
  assertEquals(phases(queue), ["c running", "b running", "a done"]);
  peer.asked[1]!.fail(new Error("no source"));
  await settled();
  assertEquals(queue.list()[1]!.phase, "failed");
  assertEquals(queue.list()[1]!.text, "no source");
});

Deno.test("DownloadQueue shows progress and a rate", async () => {
  const peer = new IdlePeer();
  let now = 0;
  await using queue = new DownloadQueue({
    peer,
    onChange: () => {},
    clock: { now: () => now, after: () => () => {} },
  });
  queue.add(contentName("a"));
  const { onProgress } = peer.asked[0]!.options;
  onProgress?.({ bytes: 0, size: 4_000, sources: 1 });
  now = 1_000;
  onProgress?.({ bytes: 2_000, size: 4_000, sources: 3 });
  const [state] = queue.list();
  assertEquals(
    [state!.bytes, state!.size, state!.sources, state!.rate],
    [2_000, 4_000, 3, 2_000],
  );
});

Deno.test("DownloadQueue cancels and resumes", async () => {
  const peer = new IdlePeer();
  await using queue = new DownloadQueue({
    peer,
    maxRunning: 1,
    onChange: () => {},
  });
  const { id } = queue.add(contentName("a"));
  const waiting = queue.add(contentName("b"));
  queue.cancel(waiting.id);
  queue.cancel(id);
  await settled();
  assertEquals(phases(queue), ["b cancelled", "a cancelled"]);
  queue.resume(id);
  assertEquals(peer.asked.map(({ name }) => name), ["a", "a"]);
  // Cancelled and resumed before it has even stopped: it goes on after that.
  queue.cancel(id);
  queue.resume(id);
  await settled();
  assertEquals(phases(queue)[1], "a running");
  peer.asked[2]!.done();
  await settled();
  assertEquals(phases(queue)[1], "a done");
  assertEquals(queue.resume(id), true);
  assertEquals(peer.asked.length, 3);
  assertEquals([queue.cancel(9), queue.resume(9), queue.remove(9)], [
    ...[false, false, false],
  ]);
});

Deno.test("DownloadQueue asks where a file is in the way", async () => {
  const peer = new IdlePeer();
  await using queue = new DownloadQueue({ peer, onChange: () => {} });
  const { id } = queue.add(contentName("a"));
  assertEquals(peer.asked[0]!.options.ifExists, "fail");
  peer.asked[0]!.fail(new FileExistsError("/folder/a"));
  await settled();
  assertEquals(phases(queue), ["a in-the-way"]);
  queue.resume(id, "overwrite");
  assertEquals(peer.asked[1]!.options.ifExists, "overwrite");
});

Deno.test("DownloadQueue drops what has ended first, and is bounded", async () => {
  const peer = new IdlePeer();
  await using queue = new DownloadQueue({
    peer,
    maxListed: 2,
    onChange: () => {},
  });
  queue.add(contentName("a"));
  queue.add(contentName("b"));
  assertThrows(() => queue.add(contentName("c")), TooManyDownloadsError);
  peer.asked[0]!.done();
  await settled();
  queue.add(contentName("c"));
  assertEquals(phases(queue), ["c running", "b running"]);
});

Deno.test("DownloadQueue stops all when it is disposed of, also twice", async () => {
  const peer = new IdlePeer();
  const queue = new DownloadQueue({ peer, onChange: () => {} });
  for (const name of ["a", "b", "c", "d"]) queue.add(contentName(name));
  queue.remove(1);
  await queue[Symbol.asyncDispose]();
  await queue[Symbol.asyncDispose]();
  assertEquals(peer.asked.map(({ options }) => options.signal?.aborted), [
    ...[true, true, true],
  ]);
});
