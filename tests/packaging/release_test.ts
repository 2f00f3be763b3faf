import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { ROOT } from "../../packaging/binaries.ts";
import { TARGETS } from "../../packaging/targets.ts";
import { permitted } from "../permission.ts";

const WORKFLOW = ".github/workflows/release.yml";

permitted(
  { read: true },
  "a release is made of what passed .ci/run",
  async () => {
    const jobs = await jobsOf(WORKFLOW);
    assertEquals([...jobs.keys()], ["check", "build", "try", "publish"]);
    assert(jobs.get("check")?.includes("run: .ci/run"));
    assert(jobs.get("build")?.includes("needs: check"));
    assert(jobs.get("build")?.includes("run: deno task compile\n"));
    assert(jobs.get("try")?.includes("needs: build"));
    assert(jobs.get("publish")?.includes("needs: try"));
  },
);

permitted(
  { read: true },
  "a release tries every target that it builds",
  async () => {
    const tried = (await jobsOf(WORKFLOW)).get("try") ?? "";
    assertEquals(
      [...tried.matchAll(/^ +target: (.+)$/gm)].map(([, target]) => target),
      [...TARGETS],
    );
  },
);

permitted(
  { read: true },
  "only the last job of a release may write",
  async () => {
    const text = await read(WORKFLOW);
    assert(text.includes("\npermissions: {}\n"));
    for (const [name, job] of await jobsOf(WORKFLOW)) {
      const granted = job.match(/permissions:\n((?: {6}.*\n)+)/)?.[1] ?? "";
      assertEquals(/: write/.test(granted), name === "publish", name);
      assert(/timeout-minutes:/.test(job), name);
      // A token that stays in the checkout could be read by what runs in it.
      assertEquals(
        job.split("actions/checkout@").length,
        job.split("persist-credentials: false").length,
        name,
      );
    }
    for (const [, action, version] of text.matchAll(/uses: (\S+)@(\S+)/g)) {
      assert(/^v\d+$/.test(version ?? ""), `${action}@${version}`);
    }
  },
);

permitted(
  { read: true },
  "everything is built on one version of Deno",
  async () => {
    const [, version] = (await read(".ci/run")).match(/deno@(\d+\.\d+\.\d+)/) ??
      [];
    assert(version);
    for (
      const [path, pattern] of [
        ["Dockerfile", /^FROM denoland\/deno:(?:distroless-)?(\S+)/gm],
        [WORKFLOW, /deno-version: (\S+)/g],
      ] as const
    ) {
      const found = [...(await read(path)).matchAll(pattern)];
      assertEquals(found.map(([, each]) => each), [version, version], path);
    }
  },
);

async function jobsOf(path: string): Promise<Map<string, string>> {
  const [, text = ""] = (await read(path)).split("\njobs:\n");
  const parts = text.split(/^ {2}(?=\w)/m).filter((part) => part.trim());
  return new Map(parts.map((part) => [part.slice(0, part.indexOf(":")), part]));
}

async function read(path: string): Promise<string> {
  return (await Deno.readTextFile(join(ROOT, path))).replaceAll("\r\n", "\n");
}
