/**
 * What a command's exit code says to the script that called it.
 *
 * @module
 */

/** The exit codes of the peer's commands. */
export const EXIT_CODE = {
  /** All that was asked for is done. */
  DONE: 0,
  /** Something failed; the error says what. */
  FAILED: 1,
  /** The command was used wrongly; nothing was done. */
  USAGE: 2,
  /** Nobody shares what was asked for. */
  NOT_FOUND: 3,
  /** The index does not answer. */
  INDEX_UNREACHABLE: 4,
  /** The content is known, but none of its sources could deliver it. */
  NO_SOURCE: 5,
  /** Interrupted by the user. */
  INTERRUPTED: 130,
} as const;

/** One of {@linkcode EXIT_CODE}. */
export type ExitCode = typeof EXIT_CODE[keyof typeof EXIT_CODE];
