/**
 * What a source says of a content, held against what the index says.
 *
 * @module
 */

import { digestsEqual } from "../protocol/digest.ts";
import type { Metadata } from "../protocol/metadata.ts";
import { type ContentName, quote } from "../protocol/name.ts";
import { SourceError } from "./source_error.ts";

/**
 * Checks that a source means the content that is wanted.
 *
 * @throws {SourceError} Where it does not.
 */
export function checkMetadata(said: Metadata, wanted: Metadata): void {
  if (!digestsEqual(said.digest, wanted.digest)) {
    throw new SourceError("lied", "has another content than was asked for");
  }
  if (said.size !== wanted.size) {
    throw new SourceError(
      "lied",
      `says that the content has ${said.size} bytes, ` +
        `where ${wanted.size} are registered`,
    );
  }
}

/** What is thrown where the index means another content than was asked for. */
export function otherContent(name: ContentName): Error {
  return new Error(
    `Cannot fetch ${quote(name)}: the index gave another content than the ` +
      "one with the digest that was asked for",
  );
}
