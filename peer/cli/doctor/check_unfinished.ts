/**
 * What downloads that were broken off have left: nobody else tells of it, and
 * it takes space for as long as nobody gets the rest.
 *
 * @module
 */

import { join } from "@std/path";
import { isGranted, PARTS_FOLDER, STATE_FOLDER } from "../../state_folder.ts";
import { formatBytes, formatCount } from "../display.ts";
import type { Finding } from "./finding.ts";

/** As much as a block of {@linkcode Deno.FileInfo.blocks} has, in bytes. */
const BLOCK_BYTES = 512;

/** Looks for unfinished downloads. Finds nothing where there are none. */
export async function checkUnfinished(dir: string): Promise<Finding[]> {
  if (!isGranted("read", dir)) return [];
  const parts = join(dir, STATE_FOLDER, PARTS_FOLDER);
  let count = 0;
  let bytes = 0;
  try {
    for await (const { name, isFile } of Deno.readDir(parts)) {
      const { blocks, size } = await Deno.lstat(join(parts, name));
      if (isFile && name.endsWith(".part")) count++;
      // Where it is not told what a file takes, it takes its size at most.
      bytes += blocks === null ? size : blocks * BLOCK_BYTES;
    }
  } catch {
    // There is no such folder yet, a download has just ended, or the checks of
    // the folder itself say what is wrong.
  }
  if (count === 0) return [];
  return [{
    check: "parts",
    health: "note",
    text: `${formatCount(count, "download")} not finished, ${
      formatBytes(bytes)
    } so far`,
    advice:
      `get them again, and they go on; what nobody wants any more is in ` +
      `${parts} and may be deleted while no peer runs`,
    facts: { unfinished: count, bytes },
  }];
}
