import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertRejects,
} from "@std/assert";
import { createPublicKey, verify } from "node:crypto";
import { join } from "@std/path";
import {
  type Identity,
  IdentityError,
  loadIdentity,
  sessionIdentity,
} from "../../peer/identity.ts";
import { openStateFolder } from "../../peer/state_folder.ts";
import { permitted, tempDir } from "../permission.ts";

const DISK = { read: true, write: true } as const;
const POSIX = Deno.build.os !== "windows";

/** The identity of a folder, as a process of its own would load it. */
async function load(dir: string): Promise<Identity> {
  await using state = await openStateFolder(dir);
  return await loadIdentity(state);
}

function fits(identity: Identity, bytes: Uint8Array, signature: Uint8Array) {
  const x = identity.key.toBase64({ alphabet: "base64url", omitPadding: true });
  const key = { kty: "OKP", crv: "Ed25519", x };
  const publicKey = createPublicKey({ key, format: "jwk" });
  return verify(null, bytes, publicKey, signature);
}

Deno.test("sessionIdentity() signs so that its key fits", () => {
  const identity = sessionIdentity();
  const bytes = new Uint8Array(101).fill(9);
  const signature = identity.sign(bytes);
  assertEquals([identity.key.length, signature.length], [32, 64]);
  assert(fits(identity, bytes, signature));
  assertEquals(identity.kept, false);
  assertNotEquals(sessionIdentity().key, identity.key);
});

permitted(DISK, "loadIdentity() makes a key once and keeps it", async () => {
  await using dir = await tempDir();
  const first = await load(dir.path);
  const second = await load(dir.path);
  assertEquals([first.kept, second.kept], [true, true]);
  assertEquals(second.key, first.key);
  const bytes = new Uint8Array(101);
  assert(fits(first, bytes, second.sign(bytes)));
});

permitted(DISK, "loadIdentity() hides the key from others", async () => {
  await using dir = await tempDir();
  await load(dir.path);
  if (!POSIX) return;
  const folder = join(dir.path, ".peerdex");
  const path = join(folder, "key");
  assertEquals((await Deno.stat(folder)).mode! & 0o777, 0o700);
  assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
  await Deno.chmod(path, 0o644);
  await load(dir.path);
  assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
});

for (
  const [what, damage] of [
    ["empty", () => ""],
    ["cut short", (pem: string) => pem.slice(0, 60)],
    ["changed", (pem: string) => pem.replace(/M/, "!")],
    ["something else", () => "hello"],
    ["too long", (pem: string) => pem + "\n".repeat(5_000)],
    ["of another kind", () => X25519],
  ] as const
) {
  permitted(
    DISK,
    `loadIdentity() leaves a key file that is ${what} as it is`,
    async () => {
      await using dir = await tempDir();
      await load(dir.path);
      const path = join(dir.path, ".peerdex", "key");
      const damaged = damage(await Deno.readTextFile(path));
      await Deno.writeTextFile(path, damaged);
      const error = await assertRejects(() => load(dir.path), IdentityError);
      assertEquals(error.path, path);
      assertMatch(error.message, /Cannot use the key in .*remove it to start/);
      assertEquals(await Deno.readTextFile(path), damaged);
    },
  );
}

permitted(
  DISK,
  "loadIdentity() refuses a key that is a link or a folder",
  async () => {
    await using dir = await tempDir();
    const path = join(dir.path, ".peerdex", "key");
    await Deno.mkdir(path, { recursive: true });
    await assertRejects(() => load(dir.path), IdentityError, "no key file");
    await Deno.remove(path);
    if (!POSIX) return;
    await Deno.symlink("/etc/hostname", path);
    await assertRejects(() => load(dir.path), IdentityError, "no key file");
  },
);

permitted(DISK, "loadIdentity() leaves nothing else behind", async () => {
  await using dir = await tempDir();
  await load(dir.path);
  const names = [];
  for await (const { name } of Deno.readDir(join(dir.path, ".peerdex"))) {
    names.push(name);
  }
  assertEquals(names.sort(), ["key", "lock"]);
});

permitted(DISK, "openStateFolder() is for one process at a time", async () => {
  await using dir = await tempDir();
  const first = await openStateFolder(dir.path);
  const second = await openStateFolder(dir.path);
  assertEquals(first.fault, undefined);
  assert(second.fault === "in use");
  assertMatch(second.reason, /another Peerdex uses it/);
  const [one, other] = [await loadIdentity(first), await loadIdentity(second)];
  assertEquals([one.kept, other.kept], [true, false]);
  assertNotEquals(other.key, one.key);
  await second[Symbol.asyncDispose]();
  await first[Symbol.asyncDispose]();
  await first[Symbol.asyncDispose]();
  await using third = await openStateFolder(dir.path);
  assertEquals(third.fault, undefined);
});

permitted(DISK, "openStateFolder() does with what is in the way", async () => {
  await using dir = await tempDir();
  await Deno.writeTextFile(join(dir.path, ".peerdex"), "a file");
  const state = await openStateFolder(dir.path);
  assert(state.fault === "not writable");
  assertEquals((await loadIdentity(state)).kept, false);
  const none = await openStateFolder(join(dir.path, "not", "there"));
  assertEquals(none.fault, "not writable");
});

permitted(
  { read: true, write: true, run: true },
  "openStateFolder() asks for no permission and needs only its folder's",
  async () => {
    await using dir = await tempDir();
    const entry = new URL("./identity_child.ts", import.meta.url);
    const run = async (...permissions: string[]) => {
      const { stdout, stderr, success } = await new Deno.Command(
        Deno.execPath(),
        {
          args: ["run", "--no-prompt", ...permissions, entry.href, dir.path],
          stdin: "null",
          env: { NO_COLOR: "1" },
        },
      ).output();
      assert(success, new TextDecoder().decode(stderr));
      return new TextDecoder().decode(stdout).trim();
    };
    const [read, write] = [
      `--allow-read=${dir.path}`,
      `--allow-write=${dir.path}`,
    ];
    assertEquals(await run(), "not writable false");
    assertEquals(await run(read), "not writable false");
    assertEquals(await run(write), "not writable false");
    assertEquals(await run(read, write), "open true");
  },
);

/** A key for agreeing on keys, not for signing. */
const X25519 = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VuBCIEIHBgJSkzrG56SpsOsmMsWgQKhyV624aaPszD0WtyTyZH
-----END PRIVATE KEY-----
`;
