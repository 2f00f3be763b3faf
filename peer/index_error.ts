/**
 * What can go wrong between a peer and its index.
 *
 * @module
 */

import {
  ERROR_CODES,
  type ErrorName,
  SEARCH_NOT_FOUND_TEXT,
} from "../protocol/error_code.ts";
import type { ErrorReply } from "../protocol/error_reply.ts";

/** The index does not answer. */
export class IndexUnreachableError extends Error {
  override readonly name = "IndexUnreachableError";
  /** The index's address, as it was given. */
  readonly index: string;

  /**
   * @param index The index's address.
   * @param options What could not be done (`register "a.txt"`), and what else
   * is known.
   */
  constructor(
    index: string,
    { task, hint, cause }: { task: string; hint?: string; cause?: unknown },
  ) {
    const checks = hint ??
      "check that it is running, that host and port are right, and that no " +
        "firewall stops UDP";
    super(
      `Cannot ${task}: the index at ${index} does not answer; ${checks}`,
      cause === undefined ? undefined : { cause },
    );
    this.index = index;
  }
}

interface RefusalContext {
  readonly index: string;
  readonly task: string;
  readonly repeated?: boolean;
}

/** The index refused a request. */
export class IndexError extends Error {
  override readonly name: string = "IndexError";
  /** The index's address, as it was given. */
  readonly index: string;
  /** The number of the code. */
  readonly code: number;
  /** The name of the code, where this version knows it. */
  readonly error: ErrorName | undefined;
  /** What the index said, for people. */
  readonly text: string;
  /** How long the index asks to wait, in seconds; 0 where that does not matter. */
  readonly retryAfter: number;
  /** Whether an earlier sending of the request may have been done unseen. */
  readonly repeated: boolean;

  /**
   * @param reply What the index answered.
   * @param context The index's address, what could not be done, and whether it
   * may have been done all the same.
   */
  constructor(
    reply: Pick<ErrorReply, "code" | "error" | "retryAfter" | "text">,
    { index, task, repeated = false }: RefusalContext,
  ) {
    super(`Cannot ${task} at the index ${index}: ${advice(reply)}`);
    this.index = index;
    this.code = reply.code;
    this.error = reply.error;
    this.text = reply.text;
    this.retryAfter = reply.retryAfter;
    this.repeated = repeated;
  }
}

/** Nobody shares what was asked for, or there is nothing to de-register. */
export class NotFoundError extends IndexError {
  override readonly name = "NotFoundError";
}

/** The index answered with something that is no answer. */
export class IndexProtocolError extends Error {
  override readonly name = "IndexProtocolError";
}

/** Makes the error that a refusal of the index is. */
export function refusal(
  reply: Pick<ErrorReply, "code" | "error" | "retryAfter" | "text">,
  context: RefusalContext,
): IndexError {
  return reply.error === "NOT_FOUND"
    ? new NotFoundError(reply, context)
    : new IndexError(reply, context);
}

function advice(
  { error, text }: Pick<ErrorReply, "error" | "text">,
): string {
  // These two say by themselves what is the matter, in the original's words.
  if (!error || error === "NAME_TAKEN" || text === SEARCH_NOT_FOUND_TEXT) {
    return text;
  }
  return `${text}; ${ERROR_CODES[error].remedy}`;
}
