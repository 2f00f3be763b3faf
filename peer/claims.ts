/**
 * What those who registered a content say of it: how long it is, and how it is
 * cut into pieces.
 *
 * Whoever registers a digest may say anything of that, and stands in front of
 * those who tell the truth. What is true leads to the digest, and nothing else
 * does: so each claim is tried with those who make it.
 *
 * @module
 */

import { digestsEqual } from "../protocol/digest.ts";
import { type Metadata, NOTHING_DIGEST } from "../protocol/metadata.ts";
import { FileExistsError, NoSourceError } from "./errors.ts";
import type { FindSources, FoundSources } from "./find_sources.ts";
import type { Source } from "./source.ts";

/** What was found, a part for each claim, the newest first; at least one. */
export function claimsOf(found: FoundSources): readonly FoundSources[] {
  // Who says nothing of its own is what the newest one is.
  const isPlain = ({ metadata }: Source) =>
    !metadata || isSame(metadata, found.metadata);
  if (found.sources.every(isPlain)) return [found];
  const claims: { metadata: Metadata; sources: Source[] }[] = [];
  for (const source of found.sources) {
    const metadata = isPlain(source) ? found.metadata : source.metadata!;
    const claim = claims.find((claim) => isSame(claim.metadata, metadata));
    if (claim) claim.sources.push(source);
    else claims.push({ metadata, sources: [source] });
  }
  const possible = claims.filter(({ metadata: { size, digest } }) =>
    size > 0 || digestsEqual(digest, NOTHING_DIGEST)
  );
  if (possible.length === 0) return [found];
  return possible.map(({ metadata, sources }) => ({
    metadata,
    // Who has all of it can deliver it, however it is cut there.
    sources: [
      ...sources,
      ...possible.filter((other) =>
        isOnlyCutOtherwise(other.metadata, metadata)
      )
        .flatMap(({ metadata, sources }) =>
          sources.map((source) => ({ metadata, ...source }))
        )
        .filter(({ metadata: { partial } }) => !partial),
    ],
  }));
}

/** Finds those only who make the same claim; it was found already for the first time. */
export function findClaim(claim: FoundSources, find: FindSources): FindSources {
  let first: FoundSources | undefined = claim;
  return async (...args) => {
    const known = first;
    first = undefined;
    return known ?? sameClaim(claim, await find(...args));
  };
}

/** Who makes the same claim. */
export function sameClaim(
  { metadata }: FoundSources,
  found: FoundSources,
): FoundSources {
  return claimsOf(found).find((other) => isSame(other.metadata, metadata)) ??
    { metadata, sources: [] };
}

/** Whether an error leaves hope for another claim: nobody could prove this one, or a file is not as long. */
export function mayBeFalse(error: unknown): boolean {
  return error instanceof NoSourceError || error instanceof FileExistsError;
}

function isOnlyCutOtherwise(a: Metadata, b: Metadata): boolean {
  return a.size === b.size && a.exponent !== b.exponent;
}

function isSame(a: Metadata, b: Metadata): boolean {
  return a.size === b.size && a.exponent === b.exponent;
}
