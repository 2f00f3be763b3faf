/**
 * `peer doctor` found something to mend.
 *
 * @module
 */

import type { ExitCode } from "./exit_code.ts";

/** Something is to be mended. */
export class UnhealthyError extends Error {
  override readonly name = "UnhealthyError";
  /** The exit code that says what. */
  readonly code: ExitCode;

  /** @param code The exit code that says what. */
  constructor(message: string, code: ExitCode) {
    super(message);
    this.code = code;
  }
}
