/**
 * What a check found.
 *
 * @module
 */

/** How a check came out. */
export type Health =
  /** As it should be. */
  | "ok"
  /** Something to know, not to mend. */
  | "note"
  /** Something to mend. */
  | "wrong";

/** What one check found, in one line for people. */
export interface Finding {
  /** What was looked at, one word. */
  readonly check: string;
  readonly health: Health;
  /** What is so. */
  readonly text: string;
  /** What to do about it. */
  readonly advice?: string;
  /** The same for programs. */
  readonly facts?: Readonly<Record<string, unknown>>;
}
