/**
 * The import map that `deno install` needs.
 *
 * What `deno install --config` writes beside an installed command is a copy of
 * `deno.json`, whose `links` then lead nowhere. An import map stays where it is
 * and leads to the same packages.
 *
 *     deno run --allow-read --allow-write packaging/import_map.ts
 *
 * @module
 */

import { join } from "@std/path";
import * as posix from "@std/path/posix";
import { ROOT } from "./binaries.ts";

/** Where the import map is. */
export const IMPORT_MAP = join(ROOT, "packaging", "import_map.json");

/** The part of a `deno.json` that says what a package imports and exports. */
interface Config {
  readonly name?: string;
  readonly links?: readonly string[];
  readonly imports?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, string>>;
}

/**
 * The import map of the project: its imports, with each linked package's files
 * in the place of its name.
 *
 * @returns The text of `import_map.json`.
 */
export async function importMap(): Promise<string> {
  const { imports = {}, links = [] } = await readConfig(".");
  const all: Record<string, string> = { ...imports };
  for (const link of links) {
    const { name, exports = {} } = await readConfig(link);
    for (const [path, file] of Object.entries(exports)) {
      all[`${name}${path.slice(1)}`] = `../${posix.join(link, file)}`;
    }
  }
  const sorted = Object.fromEntries(
    Object.entries(all).sort(([a], [b]) => a < b ? -1 : 1),
  );
  return `${JSON.stringify({ imports: sorted }, null, 2)}\n`;
}

async function readConfig(folder: string): Promise<Config> {
  return JSON.parse(await Deno.readTextFile(join(ROOT, folder, "deno.json")));
}

if (import.meta.main) await Deno.writeTextFile(IMPORT_MAP, await importMap());
