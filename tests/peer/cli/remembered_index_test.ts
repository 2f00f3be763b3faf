import { assertEquals } from "@std/assert";
import {
  recallIndex,
  rememberIndex,
} from "../../../peer/cli/remembered_index.ts";
import { permitted, tempDir } from "../../permission.ts";

const FILES = { read: true, write: true } as const;

permitted(FILES, "rememberIndex() keeps what recallIndex() reads", async () => {
  await using dir = await tempDir();
  assertEquals(await recallIndex(dir.path), undefined);
  for (
    const index of [
      { hostname: "192.0.2.1", port: 60_000 },
      { hostname: "2001:db8::1", port: 1 },
      { hostname: "index.example", port: 65_535 },
    ]
  ) {
    await rememberIndex(dir.path, index);
    assertEquals(await recallIndex(dir.path), index);
  }
  const kept = await Array.fromAsync(Deno.readDir(`${dir.path}/.peerdex`));
  assertEquals(kept.map(({ name }) => name), ["index"]);
});

permitted(
  FILES,
  "rememberIndex() leaves out what another interface would not reach",
  async () => {
    await using dir = await tempDir();
    for (const hostname of ["fe80::1%2", "fe80::1", "FEBF::1"]) {
      await rememberIndex(dir.path, { hostname, port: 60_000 });
    }
    assertEquals(await recallIndex(dir.path), undefined);
  },
);

permitted(FILES, "rememberIndex() makes no shared folder", async () => {
  await using dir = await tempDir();
  const none = `${dir.path}/none`;
  await rememberIndex(none, { hostname: "192.0.2.1", port: 60_000 });
  assertEquals(await Array.fromAsync(Deno.readDir(dir.path)), []);
});

permitted(FILES, "recallIndex() takes nothing that is no address", async () => {
  await using dir = await tempDir();
  await Deno.mkdir(`${dir.path}/.peerdex`);
  const path = `${dir.path}/.peerdex/index`;
  for (
    const text of [
      "",
      "\n",
      "a b",
      "host:0",
      "h:99999",
      "x".repeat(9_999) + " y",
    ]
  ) {
    await Deno.writeTextFile(path, text);
    const found = await recallIndex(dir.path);
    assertEquals(found?.hostname.length === 512 || !found, true, text);
  }
});
