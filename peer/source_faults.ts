/**
 * What goes wrong on a connection to a source, as faults of the source.
 *
 * @module
 */

import { ERROR_CODES } from "../protocol/error_code.ts";
import type { ErrorReply } from "../protocol/error_reply.ts";
import { quote } from "../protocol/name.ts";
import { ProtocolError } from "../protocol/pdu.ts";
import { SourceError } from "./source_error.ts";

/** What a source did, where reading from it failed. */
export function faultOf(error: unknown): SourceError {
  if (error instanceof SourceError) return error;
  if (error instanceof ProtocolError) {
    return new SourceError("lied", `broke the protocol: ${error.message}`, {
      cause: error,
    });
  }
  return closed(error);
}

/** A source is gone. */
export function closed(cause: unknown): SourceError {
  return new SourceError("closed", "closed the connection too early", {
    cause,
  });
}

/** A source answered with an error. */
export function refusal({ error, text, retryAfter }: ErrorReply): SourceError {
  const said = `answered ${quote(text)}`;
  switch (error) {
    case "CHANGED":
      return new SourceError("changed", said);
    case "BUSY":
      return new SourceError("busy", said, {
        retryAfterMs: retryAfter * 1_000,
      });
    case undefined:
      return new SourceError("refused", said);
    default:
      return new SourceError(
        "refused",
        `${said}; ${ERROR_CODES[error].remedy}`,
      );
  }
}
