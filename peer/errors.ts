/**
 * What can go wrong in a transfer, as far as a caller can do something about
 * it.
 *
 * @module
 */

import { type ContentName, type PeerName, quote } from "../protocol/name.ts";

/** How a source failed. */
export type SourceFault =
  /** No connection came about. */
  | "unreachable"
  /** It answered with an error. */
  | "refused"
  /** It has another content under this name by now. */
  | "changed"
  /** It asks to come back later. */
  | "busy"
  /** Nothing came for too long. */
  | "stalled"
  /** It closed the connection before it had sent all that it granted. */
  | "closed"
  /** It sent what breaks the protocol, or what is not the content. */
  | "lied";

/** What became of one source. */
export interface SourceReport {
  /** The source's user name. */
  readonly peer: PeerName;
  /** Where it was reached, `192.0.2.1:6010`. */
  readonly endpoint: string;
  /** What kind of fault it was. */
  readonly fault: SourceFault;
  /** What happened, for people. */
  readonly text: string;
}

/** No source could deliver a content; what was verified is kept for the next attempt. */
export class NoSourceError extends Error {
  /** The name of the class. */
  override readonly name = "NoSourceError";
  /** The content that is missing. */
  readonly content: ContentName;
  /** Every source that was tried, and what it did. */
  readonly sources: readonly SourceReport[];

  /**
   * Makes the error.
   *
   * @param content The content that is missing.
   */
  constructor(
    content: ContentName,
    { sources, cause }: {
      sources: readonly SourceReport[];
      cause?: unknown;
    },
  ) {
    const tried = sources.length === 0
      ? "nobody shares it; ask for it again when one of its sources is back"
      : sources.map(({ peer, endpoint, text }) =>
        `${quote(peer)} at ${endpoint} ${text}`
      ).join("; ");
    super(
      `Cannot fetch ${quote(content)}: ${tried}`,
      cause === undefined ? undefined : { cause },
    );
    this.content = content;
    this.sources = sources;
  }
}

/** A file is in the way of a finished download. */
export class FileExistsError extends Error {
  /** The name of the class. */
  override readonly name = "FileExistsError";
  /** The file that is in the way. */
  readonly path: string;

  /**
   * Makes the error.
   *
   * @param path The file that is in the way.
   */
  constructor(path: string, options?: ErrorOptions) {
    super(
      `Cannot save ${quote(path)}: there is a file of that name already; ` +
        "move it away, or say what to do with it (skip, overwrite, rename)",
      options,
    );
    this.path = path;
  }
}

/** A path would lead out of the folder that was named, or to a reserved place. */
export class UnsafePathError extends Error {
  /** The name of the class. */
  override readonly name = "UnsafePathError";
  /** The path that was refused. */
  readonly path: string;

  /**
   * Makes the error.
   *
   * @param path The path that was refused.
   */
  constructor(path: string, { reason }: { reason: string }) {
    super(`Cannot use ${quote(path)}: ${reason}`);
    this.path = path;
  }
}

/** Another process is downloading the same content into the same folder. */
export class PartBusyError extends Error {
  /** The name of the class. */
  override readonly name = "PartBusyError";
  /** The part file that is in use. */
  readonly path: string;

  /**
   * Makes the error.
   *
   * @param path The part file that is in use.
   */
  constructor(path: string) {
    super(
      `Cannot write ${quote(path)}: another download of the same content is ` +
        "running; wait for it, or end it",
    );
    this.path = path;
  }
}

/** A file of the download cannot be read or written; what was verified is kept. */
export class DiskError extends Error {
  /** The name of the class. */
  override readonly name = "DiskError";
  /** The file. */
  readonly path: string;

  /**
   * Makes the error.
   *
   * @param path The file.
   * @param options What could not be done (`write`), and the system's own error.
   */
  constructor(path: string, { task, cause }: { task: string; cause: unknown }) {
    super(`Cannot ${task} ${quote(path)}: ${diskFault(cause)}`, { cause });
    this.path = path;
  }
}

function diskFault(cause: unknown): string {
  if (cause instanceof Deno.errors.PermissionDenied) {
    return "permission denied; check who owns the folder";
  }
  if (cause instanceof Deno.errors.NotCapable) {
    return `${cause.message}; grant it, or name another folder`;
  }
  const text = cause instanceof Error ? cause.message : String(cause);
  if (/os error 28\b|ENOSPC/.test(text)) {
    return "the disk is full; make room and ask again, it goes on from there";
  }
  if (/os error 30\b|EROFS/.test(text)) {
    return "the disk is read-only; name another folder";
  }
  if (/os error 27\b|EFBIG/.test(text)) {
    return "the file system cannot hold a file of that size";
  }
  return text;
}
