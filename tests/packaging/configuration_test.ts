import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { variableOf } from "../../cli/option_sources.ts";
import { ROOT } from "../../packaging/binaries.ts";
import { commandOf } from "../../packaging/manual.ts";
import { INDEX, PEER } from "../../packaging/programs.ts";
import { permitted } from "../permission.ts";

permitted(
  { read: true },
  "docs/configuration.md has every option and its variable, and no other",
  async () => {
    const text = await Deno.readTextFile(join(ROOT, "docs/configuration.md"));
    const parts = new Map(
      text.split(/^## /m).slice(1).map((part) => [part.split("`")[1]!, part]),
    );
    for (
      const [program, prefix] of [
        [PEER, "PEERDEX_"],
        [INDEX, "PEERDEX_INDEX_"],
      ] as const
    ) {
      const command = await commandOf(program);
      const names = new Set(
        [command, ...command.getCommands()].flatMap((each) =>
          each.getOptions().map(({ name }) => name)
        ).filter((name) => name !== "help" && name !== "version"),
      );
      const part = parts.get(program.entry);
      assert(part, program.entry);
      const rows = [...part.matchAll(/^\| `--([\w-]+)` +\| `(\w+)` /gm)];
      assertEquals(
        rows.map(([, name, variable]) => [name, variable]).sort(),
        [...names].map((name) => [name, variableOf(name, { prefix })]).sort(),
      );
    }
  },
);
