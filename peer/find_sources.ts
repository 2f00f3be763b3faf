/**
 * How a download asks its index.
 *
 * @module
 */

import type { Digest } from "../protocol/digest.ts";
import type { Metadata } from "../protocol/metadata.ts";
import type { Source } from "./source.ts";

/** What an index knows of a content. */
export interface FoundSources {
  /** What the content is, as its newest registration says. */
  readonly metadata: Metadata;
  /** Some of those who have it. */
  readonly sources: readonly Source[];
}

/**
 * Asks the index for a content.
 *
 * @param digest The content that must be meant, once that is decided.
 */
export type FindSources = (
  signal: AbortSignal,
  digest: Digest | undefined,
) => Promise<FoundSources>;
