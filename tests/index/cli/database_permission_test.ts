import { assertEquals, assertStringIncludes } from "@std/assert";
import { Child } from "../../child.ts";
import { PROCESSES } from "../../integration/site.ts";
import { permitted, tempDir } from "../../permission.ts";

permitted(
  PROCESSES,
  "index_server.ts says which permission a database needs, and asks nobody",
  async () => {
    await using dir = await tempDir();
    const path = `${dir.path}/index.db`;
    await using index = Child.start(
      "index_server.ts",
      ["--host", "127.0.0.1", "--port", "0", "--database", path],
      { allow: ["--allow-net"] },
    );
    const { code, stderr } = await index.end();
    assertEquals(code, 1);
    assertStringIncludes(
      stderr,
      `run with --allow-read=${path} --allow-write=${path}`,
    );
  },
);
