/**
 * `peer share`: registers files and folders and serves them until stopped.
 *
 * @module
 */

import { quote } from "../../protocol/name.ts";
import type { Peer, Shared } from "../peer.ts";
import { formatBytes, formatCount } from "./display.ts";
import { openPeer } from "./open_peer.ts";
import type { Settings } from "./settings.ts";

/** Runs `peer share`. */
export async function share(
  settings: Settings,
  paths: readonly string[],
): Promise<void> {
  await using peer = await openPeer(settings);
  const shared = await shareAll(settings, { peer, paths });
  const size = shared.reduce((sum, { metadata }) => sum + metadata.size, 0);
  announce(
    settings,
    peer,
    `${formatCount(shared.length, "file")}, ${formatBytes(size)}`,
  );
  await aborted(settings.signal);
}

/** Shares files and folders, and tells of each. */
export async function shareAll(
  { output, signal }: Settings,
  { peer, paths }: { peer: Peer; paths: readonly string[] },
): Promise<Shared[]> {
  return await peer.share(paths, {
    signal,
    onHashed: (name, hashed, size) =>
      output.draw(`Reading ${name}: ${percent(hashed, size)}`),
    onShared: ({ name, peer, metadata }) =>
      output.event({
        event: "shared",
        peer,
        name,
        size: metadata.size,
        digest: metadata.digest.toHex(),
      }),
    onSkipped: (path, reason) => {
      output.note(`Skipped ${quote(path)}: ${reason}`);
      output.event({ event: "skipped", path, reason });
    },
  });
}

/** Says that a peer serves, and where. */
export function announce(
  { output }: Settings,
  peer: Peer,
  what: string,
): void {
  const { hostname, port } = peer.addr;
  output.result(
    `Sharing ${what} as ${peer.name} on port ${port}; Ctrl-C ends it`,
    { event: "serving", peer: peer.name, host: hostname, port },
  );
}

/** Waits until the user stops it. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) =>
    signal.addEventListener("abort", resolve, { once: true })
  );
}

function percent(done: number, of: number): string {
  return `${of === 0 ? 100 : Math.floor(done / of * 100)}%`;
}
