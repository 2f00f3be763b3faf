import { assertRejects } from "@std/assert";
import { join } from "@std/path";
import { ROOT } from "../../packaging/binaries.ts";
import { shebangPermissions } from "../../packaging/permissions.ts";
import { INDEX, PEER, PROGRAMS } from "../../packaging/programs.ts";
import { binaryName, chooseTargets } from "../../packaging/targets.ts";
import { tryBinaries } from "../../packaging/try.ts";
import { isPermitted, tempDir } from "../permission.ts";

const ignore = Deno.build.os === "windows" ||
  !isPermitted({ net: true, read: true, write: true, run: true, env: true });

Deno.test({
  name: "tryBinaries() shares and fetches a file",
  ignore,
  fn: async () => {
    await using dir = await tempDir();
    for (const { name, entry } of PROGRAMS) {
      const source = await Deno.readTextFile(join(ROOT, entry));
      const flags = ["--no-prompt", ...shebangPermissions(source)].join(" ");
      await script(
        join(dir.path, nameOf(name)),
        `exec "${Deno.execPath()}" run ${flags} "${join(ROOT, entry)}" "$@"`,
      );
    }
    await tryBinaries(dir.path);
  },
});

Deno.test({
  name: "tryBinaries() fails with the binaries",
  ignore,
  fn: async () => {
    await using dir = await tempDir();
    const index = join(dir.path, nameOf(INDEX.name));
    const peer = join(dir.path, nameOf(PEER.name));
    await script(index, "exit 1");
    await assertRejects(() => tryBinaries(dir.path), Error, "ended before");
    await script(index, `echo '{"event":"listening","port":1}'; cat >&2`);
    await script(
      peer,
      `if [ "$1" = share ]; then echo '{"event":"serving"}'; else exit 3; fi`,
    );
    await assertRejects(() => tryBinaries(dir.path), Error, "exit code 3");
  },
});

function nameOf(program: string): string {
  return binaryName(program, chooseTargets(["host"], Deno.build.target)[0]!);
}

async function script(path: string, command: string): Promise<void> {
  await Deno.writeTextFile(path, `#!/bin/sh\n${command}\n`);
  await Deno.chmod(path, 0o755);
}
