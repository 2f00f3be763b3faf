/**
 * How the sources of a content are used, and what for.
 *
 * @module
 */

import type { ContentName } from "../protocol/name.ts";
import type { Candidate } from "./candidate.ts";
import type { Clock } from "./clock.ts";
import type { Crowd } from "./crowd.ts";
import type { SourceReport } from "./errors.ts";
import type { FindSources, FoundSources } from "./find_sources.ts";
import type {
  SourceConnection,
  SourceConnectionOptions,
} from "./source_connection.ts";

/** How sources are used. */
export interface SwarmOptions {
  /** The content, for errors. */
  readonly name: ContentName;
  /** What was found at first. */
  readonly found: FoundSources;
  /** Asks for more. */
  readonly find: FindSources;
  /** Is told of those who want it as well. */
  readonly crowd: Crowd;
  /** Sources at once, of those that have everything; three times as many others. */
  readonly maxSources: number;
  /** From 0 up to but not including 1. */
  readonly random: () => number;
  /** How they are connected to. */
  readonly connection: Omit<SourceConnectionOptions, "signal">;
  /** Is told of each source that is given up. */
  readonly onDropped?: ((report: SourceReport) => void) | undefined;
  readonly clock?: Clock | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What sources are used for. */
export interface SwarmWork {
  /** How many sources it needs at once, where that is fewer than there may be. */
  readonly maxConnections?: number;
  /** Whether there is nothing left to do. */
  isDone(): boolean;
  /** Uses a connection until there is nothing left to do, or it breaks. */
  use(candidate: Candidate, connection: SourceConnection): Promise<void>;
  /** Waits for what has come and is being worked on; `undefined` where nothing is. */
  settle?(): Promise<void> | undefined;
  /** A source is gone: what it was asked for must be asked of others. */
  leave(candidate: Candidate): void;
}
