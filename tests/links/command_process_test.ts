import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { permitted } from "../permission.ts";

const PROGRAM = fromFileUrl(new URL("program.ts", import.meta.url));
const NEEDS = { read: true, run: true };

permitted(NEEDS, "Command asks for no permission", async () => {
  for (const line of [[], ["share", "a"], ["--help"], ["--version"]]) {
    const { code, stderr } = await runProgram(line);
    assertEquals({ line, code, stderr }, { line, code: 0, stderr: "" });
  }
});

permitted(NEEDS, "--help prints the help and ends with 0", async () => {
  const { code, stdout } = await runProgram(["list", "--help"]);
  assertEquals(code, 0);
  assertStringIncludes(stdout, "sample list [limit] --key <key>");
});

permitted(NEEDS, "-V prints the version alone", async () => {
  assertEquals((await runProgram(["-V"])).stdout, "1.2.3\n");
});

permitted(NEEDS, "--version prints name and version", async () => {
  assertEquals((await runProgram(["--version"])).stdout, "sample 1.2.3\n");
});

permitted(
  NEEDS,
  "a wrong line prints help and error and ends with 2",
  async () => {
    const { code, stdout, stderr } = await runProgram(["list"]);
    assertEquals(code, 2);
    assertStringIncludes(stdout, "sample list [limit] --key <key>");
    assertStringIncludes(stderr, 'error: Missing required option "--key".');
  },
);

async function runProgram(
  line: string[],
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "--allow-net", PROGRAM, ...line],
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return {
    code,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}
