/**
 * What a source says of a content, held against what the index says.
 *
 * @module
 */

import { digestsEqual } from "../protocol/digest.ts";
import type { Metadata } from "../protocol/metadata.ts";
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
