/**
 * `peer local`: the files of the shared folder.
 *
 * @module
 */

import { SharedFolder } from "../shared_folder.ts";
import { formatAge, formatBytes, formatCount, formatTable } from "./display.ts";
import type { LocalSettings } from "./settings.ts";

/** Runs `peer local`. */
export async function local({ dir, output }: LocalSettings): Promise<void> {
  const folder = await SharedFolder.open(dir);
  const rows: string[][] = [];
  const { files } = await folder.list();
  for (const { name, size, modified } of files) {
    output.event({ event: "file", name, size, modified });
    rows.push([formatBytes(size), formatAge(Date.now() - modified), name]);
  }
  if (output.json) return;
  for (const line of formatTable(rows, ["right", "right", "left"])) {
    output.result(line, {});
  }
  output.note(`${formatCount(rows.length, "file")} in ${dir}`);
}
