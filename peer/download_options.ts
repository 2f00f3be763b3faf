/**
 * How a content is downloaded, and what comes of it.
 *
 * @module
 */

import type { Digest } from "../protocol/digest.ts";
import type { Metadata } from "../protocol/metadata.ts";
import type { ContentName, PeerName } from "../protocol/name.ts";
import type { Clock } from "./clock.ts";
import type { Connect } from "./connect.ts";
import type { SourceReport } from "./errors.ts";
import type { FindSources } from "./find_sources.ts";
import type { Hasher } from "./hasher.ts";
import type { IfExists } from "./place_file.ts";
import type { RateLimit } from "./rate_limit.ts";
import type { SharedContent } from "./share_table.ts";
import type { SharedFolder } from "./shared_folder.ts";
import type { SourceTimeouts } from "./source_connection.ts";

/** How a content is downloaded. */
export interface DownloadOptions {
  /** Asks the index: once at first, and again while sources are lacking. */
  readonly find: FindSources;
  /** Where it is saved. */
  readonly folder: SharedFolder;
  /** The name of the asking peer. */
  readonly peer: PeerName;
  /** Used, and not owned. */
  readonly hasher: Hasher;
  /** The name to save it under; its own if left out. */
  readonly saveAs?: ContentName | undefined;
  /** The content that must be meant, whatever the newest registration says. */
  readonly digest?: Digest | undefined;
  /** Sources at once; 4 if left out. */
  readonly maxSources?: number | undefined;
  /** What to do where another file has the name; `"fail"` if left out. */
  readonly ifExists?: IfExists | undefined;
  /** The limit on all that is received, shared with other downloads. */
  readonly limitDown?: RateLimit | undefined;
  /** Is told how far it is, each time that pieces were verified. */
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  /** Is told of each source that is given up. */
  readonly onSourceDropped?: ((report: SourceReport) => void) | undefined;
  /**
   * Is told before the first piece comes, where there is more than one: the
   * content with the pieces that are there so far, which become more. It may be
   * served until the download ends, and then as long as the file is left alone.
   */
  readonly onPart?: ((content: SharedContent) => void) | undefined;
  /** Opens connections; TCP if left out. */
  readonly connect?: Connect | undefined;
  /** How long sources are waited for. */
  readonly timeouts?: Partial<SourceTimeouts> | undefined;
  /** From 0 up to but not including 1; from the system's generator if left out. */
  readonly random?: (() => number) | undefined;
  /** The machine's own if left out. */
  readonly clock?: Clock | undefined;
  /** Ends the download; what was verified is kept. */
  readonly signal?: AbortSignal | undefined;
}

/** How far a download is. */
export interface DownloadProgress {
  /** Bytes that are verified and on disk. */
  readonly bytes: number;
  /** Bytes of the content. */
  readonly size: number;
  /** Sources that are connected. */
  readonly sources: number;
}

/** What one source gave. */
export interface Contribution {
  /** The source's user name. */
  readonly peer: PeerName;
  /** Where it is, `192.0.2.1:6010`. */
  readonly endpoint: string;
  /** Bytes of pieces that were verified. */
  readonly bytes: number;
}

/** A finished download. */
export interface DownloadResult {
  /** Where the file is. */
  readonly path: string;
  /** What it is, with the time that the file has. */
  readonly metadata: Metadata;
  /** The hashes of its pieces, 32 bytes each; none where another file was left in its place. */
  readonly pieceHashes: Uint8Array;
  /** How it came to be there: fetched, there already, or another file that was to be left. */
  readonly outcome: "fetched" | "present" | "skipped";
  /** Bytes that were fetched. */
  readonly bytesFetched: number;
  /** Bytes that an earlier, interrupted download had left. */
  readonly bytesKept: number;
  /** Who gave how much, those who gave most first. */
  readonly from: readonly Contribution[];
}
