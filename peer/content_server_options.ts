/**
 * How a content server is started, and what it tells.
 *
 * @module
 */

import type { ErrorName } from "../protocol/error_code.ts";
import type { ContentName } from "../protocol/name.ts";
import type { Clock } from "./clock.ts";
import type { StaleError } from "./responder.ts";
import type { ServerTimeouts } from "./served_connection.ts";
import type { ShareTable } from "./share_table.ts";

/** What happened at a content server. */
export type ServerEvent =
  /** Content was sent, as far as the system took it. */
  | {
    readonly type: "sent";
    readonly address: string;
    readonly name: ContentName;
    readonly bytes: number;
  }
  /** A request was refused. */
  | {
    readonly type: "refused";
    readonly address: string;
    readonly error: ErrorName;
    readonly text?: string | undefined;
  }
  /** A content was asked for and cannot be sent: its file changed, or cannot be read. */
  | {
    readonly type: "stale";
    readonly name: ContentName;
    readonly error: StaleError;
  }
  /** A connection could not be accepted; the server goes on. */
  | { readonly type: "problem"; readonly error: unknown };

/** How a content server is started. */
export interface ContentServerOptions {
  /** The address to listen at; all of IPv6 and IPv4 if left out. */
  readonly hostname?: string | undefined;
  /** The TCP port; any free one if left out or 0. */
  readonly port?: number | undefined;
  /** What is served: exactly what is in it. */
  readonly shares: ShareTable;
  /** Connections at once; 256 if left out. */
  readonly maxConnections?: number | undefined;
  /** Connections at once from one address; 32 if left out. */
  readonly maxPerAddress?: number | undefined;
  /** Clients that are sent content at once; 64 if left out. Others wait in turn. */
  readonly maxUploads?: number | undefined;
  /** What large send buffers may take in all, in bytes; 16 MiB if left out. */
  readonly maxBufferBytes?: number | undefined;
  /** Bytes per second of all that is sent; no limit if left out. */
  readonly limitUp?: number | undefined;
  /** How long clients are waited for. */
  readonly timeouts?: Partial<ServerTimeouts> | undefined;
  /** Is told what happens. */
  readonly onEvent?: ((event: ServerEvent) => void) | undefined;
  /** The machine's own if left out. */
  readonly clock?: Clock | undefined;
  /** Closes the server. */
  readonly signal?: AbortSignal | undefined;
}

/** What a content server has done so far. */
export interface ServerCounts {
  /** Connections that are open. */
  readonly connections: number;
  /** Connections that were taken. */
  readonly accepted: number;
  /** Connections that were turned away because there were too many. */
  readonly turnedAway: number;
  /** Bytes of content that were sent. */
  readonly bytesSent: number;
  /** Requests that were refused. */
  readonly refused: number;
}
