import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { ROOT } from "../../packaging/binaries.ts";
import { EXIT_CODE } from "../../peer/cli/exit_code.ts";
import { permitted, tempDir } from "../permission.ts";
import { outputOf } from "./tool.ts";

const UNITS = [
  "peerdex-index.service",
  "peerdex-peer@.service",
  "user/peerdex-peer.service",
] as const;

permitted({ read: true }, "every unit keeps what V8 needs", async () => {
  for (const name of UNITS) {
    const { all, last } = await readUnit(name);
    // V8 makes code while it runs, and guards it with protection keys.
    assertEquals(last("MemoryDenyWriteExecute"), "no", name);
    assertEquals(all("SystemCallFilter")[0], "@system-service @pkey", name);
    assertEquals(last("SystemCallErrorNumber"), "EPERM", name);
  }
});

permitted(
  { read: true },
  "every unit gives up what it does not need",
  async () => {
    for (const name of UNITS) {
      const { last } = await readUnit(name);
      assertEquals(last("NoNewPrivileges"), "yes", name);
      assertEquals(last("RestrictNamespaces"), "yes", name);
      const families = last("RestrictAddressFamilies")?.split(" ") ?? [];
      assert(families.includes("AF_INET6"), name);
      assert(!families.includes("AF_PACKET"), name);
    }
    for (const name of UNITS.slice(0, 2)) {
      const { last } = await readUnit(name);
      assertEquals(last("DynamicUser"), "yes", name);
      assertEquals(last("ProtectSystem"), "strict", name);
      assertEquals(last("CapabilityBoundingSet"), "", name);
    }
  },
);

permitted(
  { read: true },
  "a peer that was told to stop has not failed",
  async () => {
    for (const name of UNITS.slice(1)) {
      const { last } = await readUnit(name);
      assertEquals(last("SuccessExitStatus"), `${EXIT_CODE.INTERRUPTED}`, name);
      assertEquals(
        last("RestartPreventExitStatus"),
        `${EXIT_CODE.USAGE}`,
        name,
      );
    }
  },
);

permitted(
  { read: true, write: true, run: true, env: true },
  "systemd understands the units, where there is one",
  async () => {
    await using dir = await tempDir();
    for (
      const [unit, file] of [
        [UNITS[0], "peerdex-index.service"],
        [UNITS[1], "peerdex-peer@alice.service"],
      ] as const
    ) {
      const path = join(dir.path, file);
      const { text } = await readUnit(unit);
      // It looks whether the command is there, and the page.
      await Deno.writeTextFile(
        path,
        text.replace(/^(ExecStart=)\S+/m, "$1/bin/true"),
      );
      const verified = await analyze("verify", "--man=no", path);
      if (!verified) return;
      assertEquals(verified, "", unit);
      const exposure = await analyze(
        "security",
        "--offline=true",
        "--threshold=20",
        path,
      );
      assert(exposure?.includes("OK"), exposure);
    }
  },
);

/** What `systemd-analyze` says, or nothing where it is not to be had. */
async function analyze(...args: string[]): Promise<string | undefined> {
  const output = await outputOf("systemd-analyze", args);
  if (!output) return undefined;
  const { code, text } = output;
  if (
    /unrecognized option|System has not been booted|Failed to initialize manager/
      .test(text)
  ) return undefined;
  assertEquals(code, 0, text);
  return text;
}

async function readUnit(name: string): Promise<{
  readonly text: string;
  readonly all: (key: string) => string[];
  readonly last: (key: string) => string | undefined;
}> {
  const text = await Deno.readTextFile(
    join(ROOT, "packaging", "systemd", name),
  );
  const all = (key: string) =>
    [...text.matchAll(new RegExp(`^${key}=(.*)$`, "gm"))]
      .map(([, value]) => value ?? "");
  return { text, all, last: (key) => all(key).at(-1) };
}
