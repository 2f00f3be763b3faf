/**
 * Why a command that needs an index does not run.
 *
 * @module
 */

/** There is no index to ask. */
export class NoIndexError extends Error {
  override readonly name = "NoIndexError";
}
