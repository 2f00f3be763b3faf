/**
 * `peer web`: a page in the browser, for the user of this machine alone.
 *
 * @module
 */

import type { PeerEvent } from "../peer.ts";
import { PeerPage } from "../web/peer_page.ts";
import { describeError } from "./describe_error.ts";
import { formatIndexAddress } from "./index_address.ts";
import { openPeer } from "./open_peer.ts";
import type { Settings } from "./settings.ts";
import { aborted, shareAll } from "./share.ts";

/** What `peer web` was told. */
export interface WebWanted {
  /** Files and folders to share from the start. */
  readonly paths: readonly string[];
  /** The port of the page, 0 for any. */
  readonly pagePort: number;
}

/** Runs `peer web`. */
export async function web(
  settings: Settings,
  { paths, pagePort }: WebWanted,
): Promise<void> {
  const { index, output, signal } = settings;
  let tell: (event: PeerEvent) => void = () => {};
  await using peer = await openPeer(settings, (event) => tell(event));
  if (paths.length > 0) await shareAll(settings, { peer, paths });
  await using page = await PeerPage.open(peer, {
    port: pagePort,
    index: formatIndexAddress(index),
    onFault: (error) => output.note(describeError(error)),
  });
  tell = (event) => page.tell(event);
  const address = page.newAddress();
  output.result(`Open ${address} in your browser; it works once`, {
    event: "page",
    address,
  });
  output.note("Ctrl-C ends it");
  await aborted(signal);
}
