import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { isPermitted, permitted, tempDir } from "./permission.ts";

Deno.test("isPermitted() is true for a test that needs nothing", () => {
  assert(isPermitted({}));
  assert(isPermitted({ net: false }));
});

Deno.test("isPermitted() agrees with the runtime", () => {
  const { state } = Deno.permissions.querySync({ name: "net" });
  assertEquals(isPermitted({ net: true }), state === "granted");
});

permitted(
  { read: true, write: true },
  "tempDir() is gone with all in it after its block, even if emptied before",
  async () => {
    let path: string;
    {
      await using dir = await tempDir();
      path = dir.path;
      await Deno.writeTextFile(join(path, "a.txt"), "a");
      await dir[Symbol.asyncDispose]();
    }
    await assertRejects(() => Deno.stat(path), Deno.errors.NotFound);
  },
);
