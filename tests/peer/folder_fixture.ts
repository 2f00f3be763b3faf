/**
 * A shared folder with files in it, beside other folders.
 *
 * @module
 */

import { dirname, join } from "@std/path";
import { SharedFolder, type SkippedFile } from "../../peer/shared_folder.ts";
import { type TempDir, tempDir } from "../permission.ts";

/** What a test of files needs to be allowed. */
export const DISK = { read: true, write: true } as const;

/** Whether names and modes are those of POSIX. */
export const POSIX = Deno.build.os !== "windows";

/** A shared folder, `path`, in a folder of the test's own. */
export interface FolderStage {
  readonly dir: TempDir;
  readonly path: string;
  readonly folder: SharedFolder;
}

/** Makes a shared folder that holds files, each with its name as its content. */
export async function stage(files: readonly string[]): Promise<FolderStage> {
  const dir = await tempDir();
  const path = join(dir.path, "shared");
  const folder = await SharedFolder.open(path);
  for (const file of files) await put(join(path, file), file);
  return { dir, path, folder };
}

/** Writes a file, and the folders that it is in. */
export async function put(path: string, text: string): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.writeTextFile(path, text);
}

/** Why files were skipped. */
export function reasons(skipped: readonly SkippedFile[]): string[] {
  return skipped.map(({ reason }) => reason);
}
