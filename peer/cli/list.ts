/**
 * `peer list`: what is on line.
 *
 * @module
 */

import { findIdentity } from "../identity.ts";
import { IndexClient } from "../index_client.ts";
import { formatBytes, formatCount, formatTable } from "./display.ts";
import { OBSERVER, type Settings } from "./settings.ts";

/** Runs `peer list`. */
export async function list(settings: Settings, filter: string): Promise<void> {
  const { index, output, signal } = settings;
  await using client = await IndexClient.open({
    index,
    peer: OBSERVER,
    member: () => findIdentity(settings.dir),
    signal,
  });
  const rows: string[][] = [];
  let bytes = 0;
  const listing = await client.list(filter, { signal });
  for await (const entry of listing) {
    const { peer, name, size, hostname, port } = entry;
    output.event({ event: "registration", peer, name, size, hostname, port });
    if (!output.json) rows.push([peer, formatBytes(size), name]);
    bytes += size;
  }
  if (output.json) return;
  if (rows.length === 0) {
    output.note(filter === "" ? "List Empty" : "Nothing on line matches");
    return;
  }
  const table = formatTable([["USER", "SIZE", "FILE"], ...rows], [
    "left",
    "right",
    "left",
  ]);
  for (const [i, line] of table.entries()) {
    output.result(i === 0 ? output.paint("strong", line) : line, {});
  }
  output.note(
    `${formatCount(rows.length, "registration")}, ${formatBytes(bytes)}`,
  );
}
