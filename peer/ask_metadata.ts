/**
 * What sources themselves say that their contents are: one source has another
 * content under a name than the newest registration means.
 *
 * @module
 */

import { DOWNLOAD_KIND } from "../protocol/download.ts";
import type { ContentName } from "../protocol/name.ts";
import { NoSourceError } from "./errors.ts";
import type { FoundSources } from "./find_sources.ts";
import type { Source } from "./source.ts";
import {
  SourceConnection,
  type SourceConnectionOptions,
} from "./source_connection.ts";
import { endpointOf, reportOf, SourceError } from "./source_error.ts";

/** What is asked about. */
export interface Question {
  readonly name: ContentName;
  /** Who is asked. */
  readonly from: Source;
}

/**
 * Asks sources what their contents are, all of one source on one connection and
 * without waiting for each.
 *
 * @returns By name, what the content is and where, or why that is not known.
 */
export async function askMetadata(
  questions: readonly Question[],
  options: Omit<SourceConnectionOptions, "signal"> & {
    readonly signal?: AbortSignal | undefined;
  },
): Promise<Map<ContentName, FoundSources | Error>> {
  const signal = options.signal ?? new AbortController().signal;
  const answers = new Map<ContentName, FoundSources | Error>();
  const bySource = Map.groupBy(questions, ({ from }) => endpointOf(from));
  for (const asked of bySource.values()) {
    const left = [...asked];
    try {
      using connection = await SourceConnection.open(asked[0]!.from, {
        ...options,
        signal,
      });
      for (const { name } of asked) connection.request({ ...METADATA, name });
      while (left.length > 0) {
        const { name, from } = left[0]!;
        try {
          const metadata = await connection.grant();
          answers.set(name, { metadata, sources: [{ ...from, name }] });
        } catch (error) {
          if (!connection.isOpen) throw error;
          answers.set(name, failed(left[0]!, error));
        }
        left.shift();
      }
    } catch (error) {
      signal.throwIfAborted();
      for (const question of left) {
        answers.set(question.name, failed(question, error));
      }
    }
  }
  return answers;
}

const METADATA = {
  kind: DOWNLOAD_KIND.METADATA,
  offset: 0,
  length: 0,
  exponent: 0,
};

function failed({ name, from }: Question, error: unknown): Error {
  if (!(error instanceof SourceError)) throw error;
  return new NoSourceError(name, { sources: [reportOf(from, error)] });
}
