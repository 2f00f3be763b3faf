/**
 * Makes the folder `dir` and those above it, unless they are there.
 *
 * @throws if something that is not a folder has that name.
 */
export async function ensureDir(dir: string | URL): Promise<void> {
  try {
    await Deno.mkdir(dir, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    const { isDirectory } = await Deno.stat(dir);
    if (!isDirectory) {
      throw new Error(
        "Failed to ensure directory exists: expected 'dir', got 'file'",
      );
    }
  }
}
