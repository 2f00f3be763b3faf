/**
 * A source that cannot be used any further.
 *
 * @module
 */

import type { SourceFault, SourceReport } from "./errors.ts";
import type { Source } from "./source.ts";

/** A source cannot be used any further, and why. */
export class SourceError extends Error {
  override readonly name = "SourceError";
  /** How it failed. */
  readonly fault: SourceFault;
  /** How long it asks to be left alone, in milliseconds; 0 where it does not. */
  readonly retryAfterMs: number;

  /**
   * @param fault How the source failed.
   * @param text What it did, as the end of a sentence about it.
   */
  constructor(
    fault: SourceFault,
    text: string,
    { retryAfterMs = 0, cause }: { retryAfterMs?: number; cause?: unknown } =
      {},
  ) {
    super(text, cause === undefined ? undefined : { cause });
    this.fault = fault;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Writes where a source is, `192.0.2.1:6010` or `[2001:db8::1]:6010`. */
export function endpointOf({ hostname, port }: Source): string {
  return hostname.includes(":")
    ? `[${hostname}]:${port}`
    : `${hostname}:${port}`;
}

/** Describes what became of a source. */
export function reportOf(source: Source, error: SourceError): SourceReport {
  return {
    peer: source.peer,
    endpoint: endpointOf(source),
    fault: error.fault,
    text: error.message,
  };
}
