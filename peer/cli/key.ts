/**
 * `peer key`: the public key, as the list of an index's members has it.
 *
 * @module
 */

import { findIdentity, loadIdentity, nameOf } from "../identity.ts";
import { SharedFolder } from "../shared_folder.ts";
import { openStateFolder } from "../state_folder.ts";
import type { LocalSettings } from "./settings.ts";

/**
 * Runs `peer key`.
 *
 * @throws {Error} Where there is no key and none can be kept.
 */
export async function key(
  { dir, name, output }: LocalSettings,
): Promise<void> {
  const identity = await findIdentity(dir) ?? await makeIdentity(dir);
  const peer = name ?? nameOf(identity);
  const digits = identity.key.toHex();
  output.result(`${digits} ${peer}`, { event: "key", key: digits, peer });
}

async function makeIdentity(dir: string) {
  const folder = await SharedFolder.open(dir);
  await using state = await openStateFolder(folder.path);
  if (state.fault) throw new Error(state.reason);
  const identity = await loadIdentity(state);
  if (identity.kept) return identity;
  throw new Error(`Cannot keep a key in ${state.path}: check who owns it`);
}
