/**
 * How a part of a content name is called on disk.
 *
 * @module
 */

import { STATE_FOLDER } from "./state_folder.ts";

// What Windows cannot hold, and the wide characters that look alike.
const WINDOWS: Readonly<Record<string, string>> = {
  "<": "\uff1c",
  ">": "\uff1e",
  ":": "\uff1a",
  '"': "\uff02",
  "|": "\uff5c",
  "?": "\uff1f",
  "*": "\uff0a",
};

/**
 * Turns a part of a content name into a file name: the same, except on Windows,
 * where it must not hold `<>:"|?*` nor end with a dot or a space.
 *
 * @param windows Whether the file is on Windows.
 */
export function toFileName(part: string, windows: boolean): string {
  if (!windows) return part;
  return part
    .replace(/[<>:"|?*]/g, (char) => WINDOWS[char]!)
    .replace(/\.$/, "\uff0e")
    .replace(/ $/, "\u2420");
}

/**
 * Whether a name on disk is Peerdex's own, so that it is never shared and
 * nothing from the network is written there: it starts with the state folder's
 * name, in any case, or is what a file system takes for that.
 *
 * @example
 * ```ts
 * import { assert, assertFalse } from "@std/assert";
 * import { isOwnFileName } from "./file_name.ts";
 *
 * assert(isOwnFileName(".PeerDex"));
 * assertFalse(isOwnFileName("peerdex.txt"));
 * ```
 */
export function isOwnFileName(part: string): boolean {
  // Some file systems leave these characters out of a comparison.
  const seen = part.replace(/\p{Default_Ignorable_Code_Point}/gu, "")
    .normalize("NFKC").toLowerCase();
  // Windows has a second, short name for a long one.
  return seen.startsWith(STATE_FOLDER) || /^peerde~\d/.test(seen);
}
