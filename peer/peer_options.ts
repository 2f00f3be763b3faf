/**
 * How a peer is opened, and what it tells of by itself.
 *
 * @module
 */

import type { ContentName, PeerName } from "../protocol/name.ts";
import type { RequestOptions } from "./index_client.ts";
import type { SessionEvent } from "./session.ts";

/** How a peer is opened. */
export interface PeerOptions extends RequestOptions {
  /** The index's host and UDP port. */
  readonly index: { readonly hostname: string; readonly port: number };
  /** The user name; one made from the key if left out. */
  readonly name?: PeerName | undefined;
  /** The address to serve on; every one if left out. */
  readonly hostname?: string | undefined;
  /** The TCP port to serve on, 0 for any, which is the default. */
  readonly port?: number | undefined;
  /** The shared folder; `./Peer_Files` if left out. It is made when it is not there. */
  readonly dir?: string | undefined;
  /** Bytes per second of all that is sent; no limit if left out. */
  readonly limitUp?: number | undefined;
  /** Clients that are sent content at once; 64 if left out. */
  readonly maxUploads?: number | undefined;
  /** Connections to the content server at once; 256 if left out. */
  readonly maxConnections?: number | undefined;
  /** Told of what happens by itself. */
  readonly onEvent?: ((event: PeerEvent) => void) | undefined;
}

/** What happens to a peer by itself. */
export type PeerEvent =
  | SessionEvent
  /** The peer has no lasting key, so it cannot take its registrations over after a restart. */
  | { readonly type: "no-key"; readonly reason: string }
  /**
   * A content was asked for and cannot be served: its file has changed since it
   * was shared, or cannot be read. Told once, until it is shared again.
   */
  | {
    readonly type: "stale";
    readonly name: ContentName;
    readonly error: "CHANGED" | "UNREADABLE";
  };

/** The folder that is shared where none is named. */
export const DEFAULT_FOLDER = "./Peer_Files";
