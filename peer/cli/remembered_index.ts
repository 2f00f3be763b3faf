/**
 * The index that answered the last time, kept beside what else a peer keeps
 * between runs.
 *
 * @module
 */

import { join } from "@std/path";
import { isGranted, STATE_FOLDER } from "../state_folder.ts";
import {
  formatIndexAddress,
  type IndexAddress,
  parseIndexAddress,
} from "./index_address.ts";

/** The file in the state folder that it is written in. */
const FILE = "index";

/** Longer than any address; nothing longer is read. */
const MAX_BYTES = 512;

/**
 * Reads which index answered the last time.
 *
 * @param dir The shared folder.
 * @returns `undefined` where that is not known, or may not be read.
 */
export async function recallIndex(
  dir: string,
): Promise<IndexAddress | undefined> {
  const path = join(dir, STATE_FOLDER, FILE);
  if (!isGranted("read", path)) return undefined;
  try {
    using file = await Deno.open(path);
    const buffer = new Uint8Array(MAX_BYTES);
    const length = await file.read(buffer) ?? 0;
    const text = new TextDecoder().decode(buffer.subarray(0, length)).trim();
    return parseIndexAddress(text);
  } catch {
    // Not there, or not what was written: it is looked for anew.
    return undefined;
  }
}

/**
 * Writes down that an index has answered. Where that cannot be done, nothing
 * is: it is found another way the next time. An address that means something on
 * one of this host's interfaces only is not written down.
 *
 * @param dir The shared folder; it is not made for this.
 */
export async function rememberIndex(
  dir: string,
  index: IndexAddress,
): Promise<void> {
  const folder = join(dir, STATE_FOLDER);
  const path = join(folder, FILE);
  if (/^fe[89ab]|%/i.test(index.hostname)) return;
  if (!isGranted("read", folder) || !isGranted("write", folder)) return;
  const text = `${formatIndexAddress(index)}\n`;
  try {
    const known = await recallIndex(dir);
    if (known && `${formatIndexAddress(known)}\n` === text) return;
    await makeFolder(folder);
    // Renamed into its place, so that another process never reads half of it.
    const written = `${path}.${crypto.randomUUID()}`;
    await Deno.writeTextFile(written, text, { createNew: true, mode: 0o600 });
    await Deno.rename(written, path);
  } catch {
    // It was only to be quicker the next time.
  }
}

async function makeFolder(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
}
