import { assert, assertEquals, assertRejects } from "@std/assert";
import { ValidationError } from "@cliffy/command";
import { join } from "@std/path";
import { ROOT } from "../../packaging/binaries.ts";
import { parseCompileLine } from "../../packaging/compile.ts";
import { TARGETS } from "../../packaging/targets.ts";
import { isPermitted, permitted, tempDir } from "../permission.ts";

const HOST = { host: "x86_64-unknown-linux-gnu" };
const PROCESSES = { read: true, write: true, run: true, env: true } as const;

Deno.test("parseCompileLine() builds everything unless told", async () => {
  assertEquals(await parseCompileLine([], HOST), {
    targets: [...TARGETS],
    output: "dist",
  });
  assertEquals(
    await parseCompileLine(
      ["--target", "host", "--target", "x86_64-apple-darwin", "--output", "o"],
      HOST,
    ),
    {
      targets: ["x86_64-unknown-linux-gnu", "x86_64-apple-darwin"],
      output: "o",
    },
  );
});

Deno.test("parseCompileLine() refuses what makes no sense", async () => {
  for (
    const [args, environment, message] of [
      [["--target", "amiga"], HOST, 'Cannot build for "amiga"'],
      [["--targets"], HOST, 'Unknown option "--targets"'],
      [["host"], HOST, "No arguments allowed"],
      [[], { ...HOST, denort: "denort" }, "several targets on the one runtime"],
    ] as const
  ) {
    await assertRejects(
      () => parseCompileLine(args, environment),
      ValidationError,
      message,
    );
  }
});

permitted(PROCESSES, "compile says that the runtime is missing", async () => {
  await using dir = await tempDir();
  const output = join(dir.path, "out");
  const { code, stdout, stderr } = await compile({
    args: ["--target", "host", "--output", output],
    denort: join(dir.path, "no-denort"),
  });
  assertEquals(code, 1, stderr);
  assert(stdout.includes("Building peerdex-index-"), stdout);
  assert(/^error: Cannot build peerdex-index-/m.test(stderr), stderr);
  assert(stderr.includes("dl.deno.land"), stderr);
  // What needs no runtime is there.
  assertEquals(await names(join(output, "man")), ["peer.1", "peerdex-index.1"]);
  assertEquals(await names(output), ["man"]);
});

permitted(PROCESSES, "compile tells wrong usage by its exit code", async () => {
  const { code, stderr } = await compile({ args: ["--target", "amiga"] });
  assertEquals(code, 2);
  assert(stderr.startsWith('error: Cannot build for "amiga"'), stderr);
});

// A binary is a runtime with files at its end. Deno's own program is no such
// runtime, but it has the form of one: all but the last step can be seen. Only
// on Linux, where it is not signed.
Deno.test({
  name: "compile puts in the program and what it uses, and nothing else",
  ignore: Deno.build.os !== "linux" || !isPermitted(PROCESSES),
  fn: async () => {
    await using dir = await tempDir();
    const { code, stderr } = await compile({
      args: ["--target", "host", "--output", dir.path],
      denort: Deno.execPath(),
    });
    assertEquals(code, 0, stderr);
    const host = Deno.build.target;
    assertEquals(await names(dir.path), [
      "SHA256SUMS",
      "man",
      `peer-${host}`,
      `peerdex-index-${host}`,
    ]);
    const runtime = await Deno.stat(Deno.execPath());
    const text = await tail(join(dir.path, `peer-${host}`), runtime.size);
    assert(text.includes("content_server.ts"), "the peer is not in its binary");
    assert(!text.includes("pure-rand"), "what tests use is in a binary");
    const index = await tail(
      join(dir.path, `peerdex-index-${host}`),
      runtime.size,
    );
    assert(index.includes("udp_loop.ts"), "the index is not in its binary");
    assert(!index.includes("content_server.ts"), "the peer is in the index");
  },
});

async function compile(
  { args, denort }: { readonly args: string[]; readonly denort?: string },
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { DENORT_BIN: _, ...env } = Deno.env.toObject();
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--allow-read",
      "--allow-write",
      "--allow-run",
      "--allow-env=DENORT_BIN",
      join(ROOT, "packaging", "compile.ts"),
      ...args,
    ],
    clearEnv: true,
    env: { ...env, ...(denort && { DENORT_BIN: denort }), NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

async function names(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  return entries.map(({ name }) => name).sort();
}

/** The end of a file, from a place on. */
async function tail(path: string, from: number): Promise<string> {
  using file = await Deno.open(path);
  await file.seek(from, Deno.SeekMode.Start);
  const bytes = await new Response(file.readable).bytes();
  return new TextDecoder("latin1").decode(bytes);
}
