/**
 * Opens the peer of a command that shares.
 *
 * @module
 */

import { Peer, type PeerEvent } from "../peer.ts";
import { noteEvents } from "./note_events.ts";
import { rememberIndex } from "./remembered_index.ts";
import type { Settings } from "./settings.ts";

/**
 * Opens a peer, tells of what happens to it, and remembers its index.
 *
 * @param onEvent Is told of what happens too.
 */
export async function openPeer(
  settings: Settings,
  onEvent: (event: PeerEvent) => void = () => {},
): Promise<Peer> {
  const { dir, index, output } = settings;
  const note = noteEvents(output);
  const peer = await Peer.open({
    ...settings,
    hostname: settings.host,
    onEvent: (event) => {
      note(event);
      onEvent(event);
    },
  });
  await rememberIndex(dir, index);
  return peer;
}
