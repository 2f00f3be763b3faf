/**
 * A process that loads the identity of a folder and says what came of it.
 *
 * @module
 */

import { loadIdentity } from "../../peer/identity.ts";
import { openStateFolder } from "../../peer/state_folder.ts";

if (import.meta.main) {
  await using state = await openStateFolder(Deno.args[0]!);
  const { kept } = await loadIdentity(state);
  const said = `${state.fault ?? "open"} ${kept}\n`;
  await Deno.stdout.write(new TextEncoder().encode(said));
}
