import { assertEquals, assertRejects } from "@std/assert";
import {
  answerForgetRequests,
  requestForget,
} from "../../peer/forget_request.ts";
import { contentName } from "../../protocol/name.ts";
import { permitted, tempDir } from "../permission.ts";

const FAULTS = {
  "b.txt": { message: "File does not exist", notFound: true },
};
const FILES = { read: true, write: true } as const;

permitted(
  FILES,
  "requestForget() is answered by the peer on the folder",
  async () => {
    await using dir = await tempDir();
    const asked: string[][] = [];
    await using _ = await answerForgetRequests(dir.path, (names) => {
      asked.push(names);
      return Promise.resolve(FAULTS);
    });
    const names = [contentName("a.txt"), contentName("b.txt")];
    assertEquals(
      await requestForget(dir.path, names, AbortSignal.timeout(10_000)),
      FAULTS,
    );
    assertEquals(asked, [["a.txt", "b.txt"]]);
    assertEquals([...Deno.readDirSync(`${dir.path}/requests`)], []);
  },
);

permitted(
  FILES,
  "requestForget() takes its request back when it gives up",
  async () => {
    await using dir = await tempDir();
    await Deno.mkdir(`${dir.path}/requests`);
    const stop = new AbortController();
    const waiting = requestForget(
      dir.path,
      [contentName("a.txt")],
      stop.signal,
    );
    stop.abort(new Error("nobody there"));
    await assertRejects(() => waiting, Error, "nobody there");
    assertEquals([...Deno.readDirSync(`${dir.path}/requests`)], []);
  },
);
