/**
 * How an index server is to be, as its callers say it.
 *
 * @module
 */

import type { LeaseTerms } from "./lease.ts";
import type { Limits } from "./limits.ts";
import type { Members } from "./members.ts";
import type { Selection } from "./memory/source_picker.ts";
import type { RedisOptions } from "./open_store.ts";
import type { TraceEvent } from "./trace.ts";

/** How an index is to be. Everything has a default. */
export interface IndexServerOptions {
  /** The address to listen on; without, every address of the host. */
  readonly hostname?: string;
  /** The UDP port, 60000 if not given; 0 takes a free one. */
  readonly port?: number;
  /** The leases that are granted, in seconds: 60, and from 10 to 3600 on request. */
  readonly lease?: Partial<LeaseTerms>;
  /** Which sources a search gives first, `newest` if not said. */
  readonly selection?: Selection;
  /** How far everything may grow that strangers can make grow. */
  readonly limits?: Partial<Limits>;
  /**
   * A SQLite file that outlasts the index, made where there is none; needs the
   * permission to read and to write it. Without, an index forgets everything.
   */
  readonly database?: string;
  /** A Redis or Valkey, which several indexes may share: they are one index. */
  readonly redis?: RedisOptions;
  /** Whose keys may register, and search where it is private; without, all. */
  readonly members?: Members;
  /**
   * The addresses at which peers reach it. With them, a hello that a peer has
   * signed for another index is refused, whoever passes it on.
   */
  readonly knownAs?: readonly string[];
  /**
   * Whether a peer may have its own TCP port tried, which needs the network
   * permission for every host; if not said, where that is given.
   */
  readonly probe?: boolean;
  /** Told of every message that comes and goes, before its replies go out. */
  readonly trace?: (event: TraceEvent) => void;
  /** Told of a fault in the index itself, after which it goes on. */
  readonly fault?: (error: unknown) => void;
  /** The time in milliseconds since 1970, which must not go back. */
  readonly clock?: () => number;
  /** Fills bytes with randomness. */
  readonly random?: (bytes: Uint8Array<ArrayBuffer>) => void;
}
