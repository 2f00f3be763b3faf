/**
 * What every command needs to know.
 *
 * @module
 */

import { type PeerName, peerName } from "../../protocol/name.ts";
import type { IndexAddress } from "./index_address.ts";
import type { Output } from "./output.ts";

/** What every command needs to know. */
export interface Settings extends LocalSettings {
  /** The index that was named or found. */
  readonly index: IndexAddress;
}

/** What a command needs to know that asks no index, or has to find one. */
export interface LocalSettings {
  /** The index that was named, if one was. */
  readonly index?: IndexAddress;
  /** The user name; one made from the key where it is left out. */
  readonly name?: PeerName;
  /** The address to serve on; all where it is left out. */
  readonly host?: string;
  /** The port to serve on, 0 for any. */
  readonly port: number;
  /** The shared folder. */
  readonly dir: string;
  /** Bytes a second of all that is sent; no limit where it is left out. */
  readonly limitUp?: number;
  /** Peers that are sent content at once. */
  readonly maxUploads: number;
  /** Connections of other peers at once. */
  readonly maxConnections: number;
  readonly output: Output;
  /** Aborted when the user interrupts. */
  readonly signal: AbortSignal;
}

/** Who asks the index when it does not matter who asks. */
export const OBSERVER: PeerName = peerName("observer");
