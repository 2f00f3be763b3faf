/**
 * Why something cannot be forgotten.
 *
 * @module
 */

import { type ContentName, quote } from "../protocol/name.ts";

/** This folder's peer has not registered what is to be forgotten. */
export class NotRegisteredError extends Error {
  override readonly name = "NotRegisteredError";
  /** What is to be forgotten. */
  readonly content: ContentName;

  /** @param content What is to be forgotten. */
  constructor(content: ContentName, options?: ErrorOptions) {
    super(
      `Cannot forget ${quote(content)}: this folder's peer has not ` +
        "registered it; see list for who has",
      options,
    );
    this.content = content;
  }
}
