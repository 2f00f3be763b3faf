/**
 * What a transfer may take in memory, whatever it moves.
 *
 * @module
 */

import { actorArgs } from "./actors.ts";
import { run } from "./process.ts";
import { printFigure } from "./table.ts";

/** Prints the most memory that both sides had, above a peer that does nothing. */
export async function printMemory(
  { clientMib, serverMib }: { clientMib: number; serverMib: number },
): Promise<void> {
  const { output } = await run(Deno.execPath(), actorArgs("idle"));
  const idle = Number(output);
  const bound = { most: 64, unit: "MiB" };
  printFigure(`memory of the client above an idle peer's ${idle} MiB`, {
    value: clientMib - idle,
    ...bound,
  });
  printFigure("memory of the content server above that", {
    value: serverMib - idle,
    ...bound,
  });
}
