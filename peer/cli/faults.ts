/**
 * What went wrong with some of many.
 *
 * @module
 */

import { explainError } from "./describe_error.ts";
import type { Output } from "./output.ts";

/**
 * Collects errors: all but the last are told as they come, the last is thrown at
 * the end, for whoever runs the command to tell and to make the exit code of.
 */
export class Faults {
  readonly #output: Output;
  #last: { error: unknown } | undefined;

  /** @param output Where errors are told. */
  constructor(output: Output) {
    this.#output = output;
  }

  /** Takes note of an error. */
  add(error: unknown): void {
    if (this.#last) this.#output.error(explainError(this.#last.error));
    this.#last = { error };
  }

  /** Throws the last error, if there was any. */
  throwIfAny(): void {
    if (this.#last) throw this.#last.error;
  }
}
