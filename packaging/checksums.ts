/**
 * Checksums in the form that `sha256sum --check` reads.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { join } from "@std/path";

/** The file that the checksums are in. */
export const CHECKSUMS_FILE = "SHA256SUMS";

/**
 * Writes the checksums of files beside them.
 *
 * @param folder The folder that they are in.
 * @param names Their names, without a folder.
 * @returns The path of the file with the checksums.
 */
export async function writeChecksums(
  folder: string,
  names: readonly string[],
): Promise<string> {
  const lines: string[] = [];
  for (const name of [...names].sort()) {
    lines.push(`${await sha256(join(folder, name))}  ${name}\n`);
  }
  const path = join(folder, CHECKSUMS_FILE);
  await Deno.writeTextFile(path, lines.join(""));
  return path;
}

async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  using file = await Deno.open(path);
  for await (const chunk of file.readable) hash.update(chunk);
  return hash.digest("hex");
}
