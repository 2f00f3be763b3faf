import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import {
  buildBinaries,
  BuildError,
  compileArguments,
} from "../../packaging/binaries.ts";
import { writeChecksums } from "../../packaging/checksums.ts";
import { PROGRAMS } from "../../packaging/programs.ts";
import { permitted, tempDir } from "../permission.ts";

const FILES = { read: true, write: true } as const;

Deno.test("compileArguments() gives the program's permissions and no more", () => {
  assertEquals(
    compileArguments({
      entry: "index_server.ts",
      permissions: ["--allow-net"],
      target: "x86_64-pc-windows-msvc",
      file: "dist/x.exe",
    }).join(" "),
    "compile --config deno.json --frozen --exclude-unused-npm --no-code-cache " +
      "--no-prompt --allow-net --target x86_64-pc-windows-msvc " +
      "--output dist/x.exe index_server.ts",
  );
});

permitted(
  FILES,
  "buildBinaries() builds all, then writes checksums",
  async () => {
    await using dir = await tempDir();
    const lines: string[] = [];
    const built = await buildBinaries({
      programs: PROGRAMS,
      targets: ["aarch64-apple-darwin", "x86_64-pc-windows-msvc"],
      output: join(dir.path, "out"),
      deno: async (args) => {
        lines.push(args.join(" "));
        await Deno.writeTextFile(fileIn(args), "abc");
        return { code: 0, stderr: "" };
      },
    });
    assertEquals(built, [
      "peerdex-index-aarch64-apple-darwin",
      "peer-aarch64-apple-darwin",
      "peerdex-index-x86_64-pc-windows-msvc.exe",
      "peer-x86_64-pc-windows-msvc.exe",
    ]);
    assert(lines[0]?.endsWith(" index_server.ts"));
    assert(lines[3]?.endsWith(" peer.ts"));
    // What SHA-256 makes of "abc", from FIPS 180-4.
    const abc =
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assertEquals(
      await Deno.readTextFile(join(dir.path, "out", "SHA256SUMS")),
      [...built].sort().map((name) => `${abc}  ${name}\n`).join(""),
    );
  },
);

permitted(
  FILES,
  "buildBinaries() leaves no checksums when it fails",
  async () => {
    await using dir = await tempDir();
    await Deno.writeTextFile(join(dir.path, "SHA256SUMS"), "of another day");
    let runs = 0;
    const error = await assertRejects(
      () =>
        buildBinaries({
          programs: PROGRAMS,
          targets: ["x86_64-apple-darwin"],
          output: dir.path,
          deno: (args) => {
            assert(args.includes("x86_64-apple-darwin"));
            return Promise.resolve(
              runs++ === 0
                ? { code: 0, stderr: "" }
                : { code: 1, stderr: "error: Setting up base binary." },
            );
          },
        }),
      BuildError,
      "Cannot build peer-x86_64-apple-darwin: deno compile ended with exit code 1",
    );
    assert(error.message.includes("DENORT_BIN"));
    assertEquals(await Array.fromAsync(Deno.readDir(dir.path)), []);
  },
);

permitted(
  FILES,
  "buildBinaries() blames the runtime only where it is",
  async () => {
    await using dir = await tempDir();
    const error = await assertRejects(
      () =>
        buildBinaries({
          programs: PROGRAMS,
          targets: ["x86_64-apple-darwin"],
          output: dir.path,
          deno: () =>
            Promise.resolve({
              code: 1,
              stderr: "error: Type checking failed.",
            }),
        }),
      BuildError,
      "what deno compile said stands above",
    );
    assert(!error.message.includes("DENORT_BIN"));
  },
);

permitted(FILES, "writeChecksums() sorts by name", async () => {
  await using dir = await tempDir();
  for (const name of ["b", "a"]) {
    await Deno.writeTextFile(join(dir.path, name), "");
  }
  const text = await Deno.readTextFile(
    await writeChecksums(dir.path, ["b", "a"]),
  );
  const empty =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  assertEquals(text, `${empty}  a\n${empty}  b\n`);
});

function fileIn(args: readonly string[]): string {
  return args[args.indexOf("--output") + 1] ?? "";
}
