/**
 * What an index exchange needs.
 *
 * @module
 */

import type { Clock } from "./clock.ts";
import type { SessionGate } from "./session_gate.ts";

/** What an exchange needs of its surroundings. */
export interface IndexExchangeOptions {
  /** The index's address, for errors. */
  readonly index: string;
  /** Sends a datagram; the bytes are not touched until it is done. */
  readonly send: (datagram: Uint8Array) => Promise<void>;
  /** What else is known when nobody answers. */
  readonly hints: () => { hint?: string; cause?: unknown };
  /** Opens the session that owned requests need, or has it open. */
  readonly session: SessionGate;
  readonly clock: Clock;
  /** From 0 up to but not including 1. */
  readonly random: () => number;
  /**
   * How long a request is repeated while the index answers others, or asks to
   * wait, in milliseconds.
   */
  readonly patienceMs: number;
}
