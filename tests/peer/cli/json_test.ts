import { assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { permitted } from "../../permission.ts";

const ROOT = fromFileUrl(new URL("../../../", import.meta.url));

permitted({ read: true }, "docs/json.md has every event there is", async () => {
  const page = await Deno.readTextFile(join(ROOT, "docs/json.md"));
  const missing = new Set<string>();
  for (const folder of ["peer/cli", "index/cli"]) {
    for await (const source of sourcesOf(join(ROOT, folder))) {
      for (const [, event] of source.matchAll(/\bevent: "([\w-]+)"/g)) {
        if (!page.includes(`| \`${event}\` `)) missing.add(event!);
      }
    }
  }
  assertEquals([...missing], []);
});

async function* sourcesOf(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* sourcesOf(path);
    else if (name.endsWith(".ts")) yield await Deno.readTextFile(path);
  }
}
