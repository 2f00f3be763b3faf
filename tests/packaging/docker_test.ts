import { assert, assertEquals } from "@std/assert";
import { dirname, fromFileUrl, join, relative } from "@std/path";
import { ROOT } from "../../packaging/binaries.ts";
import { shebangPermissions } from "../../packaging/permissions.ts";
import { INDEX } from "../../packaging/programs.ts";
import { permitted, tempDir } from "../permission.ts";
import { outputOf } from "./tool.ts";

const PROCESSES = { read: true, write: true, run: true, env: true } as const;

permitted(
  { read: true },
  "the image runs the index with its permissions",
  async () => {
    const source = await Deno.readTextFile(join(ROOT, INDEX.entry));
    const [build, run] = await stages();
    assert(build && run);
    assertEquals(entryPoint(run), [
      "/tini",
      "--",
      "/bin/deno",
      "run",
      "--no-prompt",
      "--cached-only",
      ...shebangPermissions(source),
      INDEX.entry,
    ]);
    // Numbers, so that Kubernetes can tell that it is not root.
    assert(/^[1-9]\d*:[1-9]\d*$/.test(valueOf(run, "USER")));
  },
);

permitted(PROCESSES, "the image holds all that the index imports", async () => {
  await using dir = await tempDir();
  const [build, run] = await stages();
  assert(build && run);
  for (const path of await copied(build)) {
    const to = join(dir.path, path);
    await Deno.mkdir(dirname(to), { recursive: true });
    await Deno.copyFile(join(ROOT, path), to);
  }
  // As the image starts it, in a folder with nothing else in it.
  const words = entryPoint(run).slice(3);
  const output = await outputOf(Deno.execPath(), [...words, "--help"], {
    cwd: dir.path,
  });
  assertEquals(output?.code, 0, output?.text);
  assert(output?.text.includes("--max-registrations"), output?.text);
  const imported = await imports(INDEX.entry);
  const held = await copied(build);
  assertEquals(imported.filter((path) => !held.includes(path)), []);
});

permitted(
  { read: true },
  ".dockerignore lets in what is copied, and no more",
  async () => {
    const ignored = await Deno.readTextFile(join(ROOT, ".dockerignore"));
    const patterns = ignored.split("\n").filter((line) =>
      line && !line.startsWith("#")
    );
    assertEquals(patterns[0], "*");
    const [build] = await stages();
    assertEquals(
      patterns.slice(1).map((pattern) => pattern.slice(1)).sort(),
      sources(build!).sort(),
    );
  },
);

/** The instructions of each stage of the Dockerfile. */
async function stages(): Promise<[string, string][][]> {
  const text = await Deno.readTextFile(join(ROOT, "Dockerfile"));
  const lines = text.replaceAll(/^#.*\n/gm, "").replaceAll(/\\\n\s*/g, "")
    .split("\n").filter((line) => line);
  const found: [string, string][][] = [];
  for (const line of lines) {
    const [, instruction = "", value = ""] = line.match(/^([A-Z]+) (.*)$/) ??
      [];
    assert(instruction, `not an instruction: ${line}`);
    if (instruction === "FROM") found.push([]);
    found.at(-1)!.push([instruction, value]);
  }
  return found;
}

function valueOf(stage: [string, string][], wanted: string): string {
  const value = stage.find(([instruction]) => instruction === wanted)?.[1];
  assert(value !== undefined, `no ${wanted} in the Dockerfile`);
  return value;
}

function entryPoint(stage: [string, string][]): string[] {
  return JSON.parse(valueOf(stage, "ENTRYPOINT"));
}

/** What a stage copies out of the checkout. */
function sources(stage: [string, string][]): string[] {
  return stage.filter(([instruction]) => instruction === "COPY")
    .flatMap(([, value]) => value.split(" ").slice(0, -1));
}

/** The files that a stage copies. */
async function copied(stage: [string, string][]): Promise<string[]> {
  const found: string[] = [];
  const visit = async (path: string) => {
    const { isDirectory } = await Deno.stat(join(ROOT, path));
    if (isDirectory) {
      for await (const { name } of Deno.readDir(join(ROOT, path))) {
        await visit(`${path}/${name}`);
      }
    } else found.push(path);
  };
  for (const source of sources(stage)) await visit(source.replace(/\/$/, ""));
  return found;
}

/** The files of the project that an entry point imports. */
async function imports(entry: string): Promise<string[]> {
  const output = await outputOf(Deno.execPath(), ["info", "--json", entry], {
    cwd: ROOT,
  });
  const text = output?.text ?? "";
  const { modules } = JSON.parse(
    text.slice(text.indexOf("{"), text.lastIndexOf("}") + 1),
  ) as {
    readonly modules: readonly { readonly specifier: string }[];
  };
  const paths = modules.map(({ specifier }) => specifier)
    .filter((specifier) => specifier.startsWith("file:"))
    .map((specifier) =>
      relative(ROOT, fromFileUrl(specifier)).replaceAll("\\", "/")
    );
  assert(paths.includes(entry), text);
  return paths;
}
