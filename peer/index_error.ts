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
  /** The name of the class. */
  override readonly name = "IndexUnreachableError";
  /** The index's address, as it was given. */
  readonly index: string;

  /**
   * Says that an index does not answer.
   *
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

/** The index has no address that can be asked. */
export class IndexHostError extends Error {
  /** The name of the class. */
  override readonly name = "IndexHostError";
}

/** What is known of a request that was refused. */
export interface RefusalContext {
  /** The index's address. */
  readonly index: string;
  /** What could not be done: `register "a.txt"`. */
  readonly task: string;
  /** Whether it may have been done unseen. */
  readonly maybeDone?: boolean;
}

/** The index refused a request. */
export class IndexError extends Error {
  /** The name of the class. */
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
  /**
   * Whether the request may have been done unseen: sent before, not answered,
   * and forgotten by an index that restarted.
   */
  readonly maybeDone: boolean;

  /**
   * Says what an index refused.
   *
   * @param reply What the index answered.
   * @param context The index's address, what could not be done, and whether it
   * may have been done all the same.
   */
  constructor(
    reply: Pick<ErrorReply, "code" | "error" | "retryAfter" | "text">,
    { index, task, maybeDone = false }: RefusalContext,
  ) {
    super(`Cannot ${task} at the index ${index}: ${advice(reply)}`);
    this.index = index;
    this.code = reply.code;
    this.error = reply.error;
    this.text = reply.text;
    this.retryAfter = reply.retryAfter;
    this.maybeDone = maybeDone;
  }
}

/** Nobody shares what was asked for, or there is nothing to de-register. */
export class NotFoundError extends IndexError {
  /** The name of the class. */
  override readonly name = "NotFoundError";
}

/** The index answered with something that is no answer. */
export class IndexProtocolError extends Error {
  /** The name of the class. */
  override readonly name = "IndexProtocolError";
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
