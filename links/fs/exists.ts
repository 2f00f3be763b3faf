/** What else {@linkcode exists} asks for. */
export interface ExistsOptions {
  /** Only if it is a folder, or a link to one. */
  isDirectory?: boolean;
  /** Only if it is a file, or a link to one. */
  isFile?: boolean;
}

/**
 * Tells whether `path` is there.
 *
 * @throws {Deno.errors.NotCapable} if the path may not be read.
 */
export async function exists(
  path: string | URL,
  options: ExistsOptions = {},
): Promise<boolean> {
  const { isDirectory = false, isFile = false } = options;
  try {
    const found = await Deno.stat(path);
    if (isDirectory && isFile) {
      throw new TypeError("isDirectory and isFile must not be true together");
    }
    return (!isDirectory || found.isDirectory) && (!isFile || found.isFile);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    // Refused by the file system, so there is something to refuse.
    if (error instanceof Deno.errors.PermissionDenied) return true;
    throw error;
  }
}
