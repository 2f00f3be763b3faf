/**
 * `peer forget`: de-registers what this user's peer registered.
 *
 * @module
 */

import { contentName } from "../../protocol/name.ts";
import { forgetContents } from "../forget.ts";
import { Faults } from "./faults.ts";
import type { Settings } from "./settings.ts";

/** Runs `peer forget`. */
export async function forget(
  settings: Settings,
  texts: readonly string[],
): Promise<void> {
  const { output } = settings;
  const faults = new Faults(output);
  const names = texts.map(contentName);
  for (const [name, fault] of await forgetContents(names, settings)) {
    if (fault) faults.add(fault);
    else output.result(`De-registered ${name}`, { event: "forgotten", name });
  }
  faults.throwIfAny();
}
