/**
 * Writes the manual pages.
 *
 * @module
 */

import { join } from "@std/path";
import { commandOf, manual } from "./manual.ts";
import type { Program } from "./programs.ts";

/**
 * Writes a manual page for each program.
 *
 * @param programs The programs.
 * @param folder The folder to write into; it is made.
 * @returns The names of the pages.
 */
export async function writeManuals(
  programs: readonly Program[],
  folder: string,
): Promise<string[]> {
  await Deno.mkdir(folder, { recursive: true });
  const pages: string[] = [];
  for (const program of programs) {
    const page = `${program.name}.1`;
    const others = programs.filter((other) => other !== program);
    const text = manual(
      program,
      await commandOf(program),
      others.map(({ name }) => name),
    );
    await Deno.writeTextFile(join(folder, page), text);
    pages.push(page);
  }
  return pages;
}
