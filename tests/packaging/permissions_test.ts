import { assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { ROOT } from "../../packaging/binaries.ts";
import { shebangPermissions } from "../../packaging/permissions.ts";
import { PROGRAMS } from "../../packaging/programs.ts";
import { permitted } from "../permission.ts";

Deno.test("shebangPermissions() gives the flags of the first line", () => {
  const source =
    "#!/usr/bin/env -S deno run --allow-net --allow-env=A,B\nx();\n";
  assertEquals(shebangPermissions(source), ["--allow-net", "--allow-env=A,B"]);
});

Deno.test("shebangPermissions() refuses what is not just permissions", () => {
  for (
    const line of [
      "",
      "// deno run --allow-net",
      "#!/usr/bin/env -S deno run",
      "#!/usr/bin/env -S deno run --allow-all",
      "#!/usr/bin/env -S deno run -A",
      "#!/usr/bin/env -S deno run --allow-net --unstable-net",
      "#!/usr/bin/env -S deno run --allow-net index_server.ts",
    ]
  ) {
    assertThrows(
      () => shebangPermissions(line),
      SyntaxError,
      "Cannot read permissions from",
    );
  }
});

permitted(
  { read: true },
  "shebangPermissions() reads every program's",
  async () => {
    for (const { entry } of PROGRAMS) {
      const source = await Deno.readTextFile(join(ROOT, entry));
      assertEquals(shebangPermissions(source)[0], "--allow-net", entry);
    }
  },
);
