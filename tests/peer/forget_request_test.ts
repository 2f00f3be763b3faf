import { assertEquals, assertRejects } from "@std/assert";
import {
  answerForgetRequests,
  requestForget,
} from "../../peer/forget_request.ts";
import { type ContentName, contentName } from "../../protocol/name.ts";
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
      await requestForget(dir.path, names, AbortSignal.timeout(180_000)),
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

permitted(
  FILES,
  "answerForgetRequests() goes on where an answer cannot be written",
  async () => {
    await using dir = await tempDir();
    const { promise: asked, resolve } = Promise.withResolvers<ContentName[]>();
    await using _ = await answerForgetRequests(dir.path, (names) => {
      resolve(names);
      return Promise.resolve({});
    });
    const folder = `${dir.path}/requests`;
    const id = crypto.randomUUID();
    // Something is in the place where the answer is to be drafted.
    await Deno.mkdir(`${folder}/${id}.reply.draft`);
    await Deno.writeTextFile(`${folder}/draft`, '["a.txt"]');
    await Deno.rename(`${folder}/draft`, `${folder}/${id}.request`);
    assertEquals(await asked, [contentName("a.txt")]);
    const names = [contentName("b.txt")];
    assertEquals(
      await requestForget(dir.path, names, AbortSignal.timeout(180_000)),
      {},
    );
  },
);

permitted(
  FILES,
  "answerForgetRequests() lets a peer serve where it cannot be asked",
  async () => {
    await using dir = await tempDir();
    await Deno.writeTextFile(`${dir.path}/state`, "no folder");
    const answering = await answerForgetRequests(
      `${dir.path}/state`,
      () => Promise.resolve({}),
    );
    await answering[Symbol.asyncDispose]();
    await answering[Symbol.asyncDispose]();
  },
);
