/**
 * Fixtures for tests that need more than the bare runtime, so that plain
 * `deno test`, which grants nothing, passes and asks nothing.
 *
 * @module
 */

/** The permissions that a test needs, each without limits. */
export type Needs = { readonly [Name in Deno.PermissionName]?: boolean };

/**
 * Tells whether all of `needs` is granted, without asking the user.
 *
 * @param needs The permissions, each in full: one for a single path or host
 * does not count.
 */
export function isPermitted(needs: Needs): boolean {
  return Object.entries(needs).every(([name, needed]) =>
    !needed || isGranted(name as Deno.PermissionName)
  );
}

/**
 * Registers a test that is ignored where its permissions are not granted.
 *
 * @param needs The permissions that `fn` uses.
 * @param name The name of the test.
 * @param fn The test.
 *
 * @example
 * ```ts ignore
 * permitted({ net: true }, "bind() takes any free port", () => {
 *   using socket = Deno.listen({ hostname: "127.0.0.1", port: 0 });
 * });
 * ```
 */
export function permitted(
  needs: Needs,
  name: string,
  fn: (context: Deno.TestContext) => void | Promise<void>,
): void {
  Deno.test({ name, fn, ignore: !isPermitted(needs) });
}

/** A folder that is removed, with all in it, when its block ends. */
export interface TempDir extends AsyncDisposable {
  /** Its real path, without links. */
  readonly path: string;
}

/**
 * Makes an empty folder: `await using dir = await tempDir()`. It needs read and
 * write permission.
 *
 * @param inMemory Whether it shall be in memory, where the system has such a
 * place: a thousand files that are synced take long on a disk.
 */
export async function tempDir({ inMemory = false } = {}): Promise<TempDir> {
  const made = await Deno.makeTempDir({
    prefix: "peerdex_",
    ...(inMemory && await hasMemoryFolder() && { dir: MEMORY_FOLDER }),
  });
  const path = await Deno.realPath(made);
  return {
    path,
    async [Symbol.asyncDispose]() {
      try {
        await Deno.remove(path, { recursive: true });
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    },
  };
}

const MEMORY_FOLDER = "/dev/shm";

async function hasMemoryFolder(): Promise<boolean> {
  try {
    return (await Deno.stat(MEMORY_FOLDER)).isDirectory;
  } catch {
    return false;
  }
}

function isGranted(name: Deno.PermissionName): boolean {
  return Deno.permissions.querySync({ name }).state === "granted";
}
