import { fromFileUrl, resolve, SEPARATOR } from "jsr:@std/path@^1.1.6";

/** How {@linkcode move} treats what is already there. */
export interface MoveOptions {
  /** Replace a file or folder at the new place; by default that is an error. */
  overwrite?: boolean;
}

/**
 * Moves a file or folder within one file system.
 *
 * @throws {Deno.errors.AlreadyExists} if `dest` is there, without `overwrite`.
 */
export async function move(
  src: string | URL,
  dest: string | URL,
  options: MoveOptions = {},
): Promise<void> {
  const from = absolute(src);
  const to = absolute(dest);
  const { isDirectory } = await Deno.stat(src);
  if (isDirectory && `${to}${SEPARATOR}`.startsWith(`${from}${SEPARATOR}`)) {
    throw new Deno.errors.NotSupported(
      `Cannot move '${src}' to a subdirectory of itself, '${dest}'.`,
    );
  }
  if (options.overwrite) {
    if (from === to) return;
    await Deno.remove(dest, { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  } else if (await isThere(dest)) {
    throw new Deno.errors.AlreadyExists("dest already exists.");
  }
  await Deno.rename(src, dest);
}

function absolute(path: string | URL): string {
  return resolve(path instanceof URL ? fromFileUrl(path) : path);
}

async function isThere(path: string | URL): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch {
    return false;
  }
}
