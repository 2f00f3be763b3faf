/**
 * What `peer get` is asked for.
 *
 * @module
 */

import { ValidationError } from "@cliffy/command";
import type { Digest } from "../../protocol/digest.ts";
import type { PeerName } from "../../protocol/name.ts";
import type { IfExists } from "../place_file.ts";
import {
  IF_EXISTS,
  inRange,
  oneOf,
  parsePeerName,
  parsePin,
  parseRate,
} from "./option_values.ts";

/** What `peer get` was told. */
export interface Wanted {
  /** Names and patterns; with `allFrom`, none stands for all. */
  readonly names: readonly string[];
  /** Whose files, and only those, are wanted. */
  readonly allFrom?: PeerName | undefined;
  /** The content that the one name must mean. */
  readonly digest?: Digest | undefined;
  /** The folder to put the files in; the shared folder if left out. */
  readonly output?: string | undefined;
  /** What to do with a file in the way; if left out, somebody is asked. */
  readonly ifExists?: IfExists | undefined;
  /** Sources to fetch from at once. */
  readonly sources: number;
  /** Bytes a second. */
  readonly limitDown?: number | undefined;
  /** Whether to go on as a source. */
  readonly share: boolean;
}

/** The options of `get`, as they were typed. */
interface TypedOptions {
  readonly output?: string | undefined;
  readonly allFrom?: string | undefined;
  readonly digest?: string | undefined;
  readonly ifExists?: string | undefined;
  readonly sources: number;
  readonly limitDown?: string | undefined;
  readonly share?: true | undefined;
}

/**
 * Reads what was typed.
 *
 * @throws {ValidationError} Where it means nothing.
 */
export function readWanted(
  options: TypedOptions,
  names: readonly string[],
): Wanted {
  const { allFrom } = options;
  if (names.length === 0 && allFrom === undefined) {
    throw new ValidationError(
      "Cannot get nothing: expected names, or --all-from with a user name",
    );
  }
  return {
    names,
    allFrom: allFrom === undefined ? undefined : parsePeerName(allFrom),
    digest: options.digest === undefined
      ? undefined
      : parsePin(options.digest, { names, allFrom }),
    output: options.output,
    ifExists: options.ifExists === undefined
      ? undefined
      : oneOf("--if-exists", options.ifExists, IF_EXISTS),
    sources: inRange("--sources", options.sources, [1, 64]),
    limitDown: options.limitDown === undefined
      ? undefined
      : parseRate("--limit-down", options.limitDown),
    share: options.share ?? false,
  };
}
