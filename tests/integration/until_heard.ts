/**
 * Commands that look for an index on the local network for some seconds, which
 * a machine that stands still can be too slow for.
 *
 * @module
 */

import { EXIT_CODE } from "../../peer/cli/exit_code.ts";

/** How often a command is run at most. */
const ATTEMPTS = 5;

/** A command that ended where it should not. */
export class EndError extends Error {
  /** Its exit code. */
  readonly code: number;

  /** Tells what it printed. */
  constructor(code: number, text: string) {
    super(`A command ended with ${code}:\n${text}`);
    this.code = code;
  }
}

/** Runs a command, and again where it says that it heard of no index in time. */
export async function untilHeard<T>(run: () => Promise<T>): Promise<T> {
  for (let attempt = 1;; attempt++) {
    try {
      return await run();
    } catch (error) {
      const isUnheard = error instanceof EndError &&
        error.code === EXIT_CODE.INDEX_UNREACHABLE;
      if (!isUnheard || attempt === ATTEMPTS) throw error;
    }
  }
}
