import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { ROOT } from "../../packaging/binaries.ts";
import { IMPORT_MAP, importMap } from "../../packaging/import_map.ts";
import { shebangPermissions } from "../../packaging/permissions.ts";
import { type Program, PROGRAMS } from "../../packaging/programs.ts";
import { permitted, tempDir } from "../permission.ts";
import { outputOf } from "./tool.ts";

permitted({ read: true }, "the import map is that of deno.json", async () => {
  assertEquals(
    await Deno.readTextFile(IMPORT_MAP),
    await importMap(),
    "run deno run --allow-read --allow-write packaging/import_map.ts",
  );
});

permitted(
  { read: true },
  "the documented lines give the permissions",
  async () => {
    for (const program of PROGRAMS) {
      const source = await Deno.readTextFile(join(ROOT, program.entry));
      const flags = await installLine(program);
      assertEquals(
        flags.filter((word) => word.startsWith("--allow-")),
        shebangPermissions(source),
        program.name,
      );
    }
  },
);

permitted(
  { read: true, write: true, run: true, env: true },
  "the documented lines install, and uninstall again",
  async () => {
    await using dir = await tempDir();
    const root = ["--root", dir.path];
    for (const program of PROGRAMS) {
      await deno(["install", ...root, ...await installLine(program)]);
    }
    const extension = Deno.build.os === "windows" ? ".cmd" : "";
    for (const { name, entry } of PROGRAMS) {
      const path = join(dir.path, "bin", `${name}${extension}`);
      // An installed command looks for deno on the path.
      const source = await Deno.readTextFile(path);
      await Deno.writeTextFile(
        path,
        source.replace(
          /(^exec |^@?)deno(?:\.exe)? /m,
          (_, before) => `${before}"${Deno.execPath()}" `,
        ),
      );
      const version = await outputOf(path, ["--version"], { cwd: dir.path });
      assertEquals(version?.code, 0, `${entry}: ${version?.text}`);
      assert(/ \d+\.\d+\.\d+\s*$/.test(version?.text ?? ""), version?.text);
      const wrong = await outputOf(path, ["--no-such-option"]);
      assertEquals(wrong?.code, 2, wrong?.text);
    }
    for (const { name } of PROGRAMS) {
      const line = await documentedLine(
        new RegExp(`^deno uninstall .* ${name}$`),
      );
      await deno([line[0]!, ...root, ...line.slice(1)]);
    }
    const left = await Array.fromAsync(Deno.readDir(join(dir.path, "bin")));
    assertEquals(left, []);
  },
);

/** The words after `deno install` of a program's line in the documentation. */
async function installLine({ name }: Program): Promise<string[]> {
  const line = await documentedLine(
    new RegExp(`^deno install .* --name ${name} `),
  );
  return line.slice(1);
}

async function documentedLine(pattern: RegExp): Promise<string[]> {
  const text = await Deno.readTextFile(join(ROOT, "docs", "installing.md"));
  const lines = text.split(/\r?\n/).filter((line) => pattern.test(line));
  assertEquals(lines.length, 1, `${pattern} in docs/installing.md`);
  return lines[0]!.replaceAll("'", "").split(" ").slice(1);
}

async function deno(args: readonly string[]): Promise<void> {
  const output = await outputOf(Deno.execPath(), args, { cwd: ROOT });
  assertEquals(output?.code, 0, output?.text);
}
