/**
 * `peer search`: a file's size, its digest and who has it.
 *
 * @module
 */

import { contentName } from "../../protocol/name.ts";
import { findIdentity } from "../identity.ts";
import { IndexClient } from "../index_client.ts";
import { formatAge, formatBytes, formatCount } from "./display.ts";
import { OBSERVER, type Settings } from "./settings.ts";

/** Runs `peer search`. */
export async function search(settings: Settings, text: string): Promise<void> {
  const { index, output, signal } = settings;
  const name = contentName(text);
  await using client = await IndexClient.open({
    index,
    peer: OBSERVER,
    member: () => findIdentity(settings.dir),
    signal,
  });
  const { metadata, count, sources } = await client.search({ name }, {
    signal,
  });
  const digest = metadata.digest.toHex();
  output.result(
    [
      name,
      `  size     ${formatBytes(metadata.size)} (${metadata.size} bytes)`,
      `  changed  ${formatTime(metadata.modified)}`,
      `  digest   ${digest}`,
      `  sources  ${formatCount(count, "source")}`,
      ...sources.map(({ peer, hostname, port }) =>
        `           ${peer} at ${hostname} port ${port}`
      ),
    ].join("\n"),
    {
      event: "content",
      name,
      size: metadata.size,
      modified: metadata.modified,
      digest,
      count,
      sources: sources.map(({ peer, hostname, port }) => ({
        peer,
        hostname,
        port,
      })),
    },
  );
}

function formatTime(ms: number): string {
  if (ms === 0) return "not known";
  const time = new Date(ms).toISOString().replace("T", " ").slice(0, 19);
  return `${time} UTC, ${formatAge(Date.now() - ms)}`;
}
