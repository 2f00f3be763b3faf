/**
 * Opens the peer of a command that shares.
 *
 * @module
 */

import { Peer } from "../peer.ts";
import { noteEvents } from "./note_events.ts";
import { rememberIndex } from "./remembered_index.ts";
import type { Settings } from "./settings.ts";

/** Opens a peer, tells of what happens to it, and remembers its index. */
export async function openPeer(settings: Settings): Promise<Peer> {
  const { dir, index, output } = settings;
  const peer = await Peer.open({
    ...settings,
    hostname: settings.host,
    onEvent: noteEvents(output),
  });
  await rememberIndex(dir, index);
  return peer;
}
