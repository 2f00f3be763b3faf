/**
 * What an index counts.
 *
 * @module
 */

import type { ErrorName } from "../protocol/error_code.ts";

/** Types of request. */
export type RequestType = "H" | "R" | "T" | "S" | "O";

/** Every {@linkcode RequestType}. */
export const REQUEST_TYPES: readonly RequestType[] = ["H", "R", "T", "S", "O"];

/** Why something that arrived was not answered. */
export type DropReason =
  /** Its length is none that a datagram has. */
  | "length"
  /** Nobody can be answered at its source address or port. */
  | "source"
  /** It is a reply: two indexes must not talk to each other for ever. */
  | "reply"
  /** Its type is no letter, or a continuation of nothing. */
  | "type"
  /** Its sender is over its rate, and was told so. */
  | "rate";

/** Counts, all since the start. */
export interface Counters {
  /** Datagrams that arrived. */
  datagrams: number;
  /** Requests by type, with a valid token. */
  readonly requests: Record<RequestType, number>;
  /** Requests that were answered with an acknowledgement. */
  acknowledged: number;
  /** Requests that were answered as before, and not applied again. */
  repeated: number;
  /** Errors that were answered, by name. */
  readonly errors: Partial<Record<ErrorName, number>>;
  /** What was dropped, by reason. */
  readonly dropped: Record<DropReason, number>;
  /** Datagrams that were sent. */
  sent: number;
  /** Datagrams that could not be sent. */
  sendFailures: number;
  /** Times that receiving failed. */
  receiveFailures: number;
}

/** Counters that start at 0. */
export function newCounters(): Counters {
  return {
    datagrams: 0,
    requests: { H: 0, R: 0, T: 0, S: 0, O: 0 },
    acknowledged: 0,
    repeated: 0,
    errors: {},
    dropped: { length: 0, source: 0, reply: 0, type: 0, rate: 0 },
    sent: 0,
    sendFailures: 0,
    receiveFailures: 0,
  };
}
