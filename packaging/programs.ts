/**
 * The programs that are packaged, under the names that people type.
 *
 * @module
 */

import { parseCommandLine as parseIndexLine } from "../index/cli/command_line.ts";
import { parseCommandLine as parsePeerLine } from "../peer/cli/command_line.ts";

/** A program that is packaged. */
export interface Program {
  /** The command that people type. */
  readonly name: string;
  /** Its entry point in the project's folder. */
  readonly entry: string;
  /** What it is, for the first line of its manual. */
  readonly summary: string;
  /** Reads a command line; throws a `ValidationError` for a wrong one. */
  readonly parse: (args: readonly string[]) => Promise<unknown>;
  /** What its exit codes mean. */
  readonly exitCodes: Readonly<Record<number, string>>;
  /** The variables that it reads, each with what it is for. */
  readonly variables: Readonly<Record<string, string>>;
}

/** The index server. */
export const INDEX: Program = {
  name: "peerdex-index",
  entry: "index_server.ts",
  summary: "keep a list of who shares which files",
  parse: parseIndexLine,
  exitCodes: {
    0: "It was asked to stop, or for its help or version.",
    1: "It could not start or go on; the error says why.",
    2: "It was called wrongly.",
  },
  variables: {
    "PEERDEX_INDEX_…": "Any option that is not given: --max-rate is " +
      "PEERDEX_INDEX_MAX_RATE. An option without a value takes true or false.",
  },
};

/** The peer. */
export const PEER: Program = {
  name: "peer",
  entry: "peer.ts",
  summary: "share files with other peers and fetch theirs",
  parse: (args) => parsePeerLine(args),
  exitCodes: {
    0: "Done.",
    1: "Failed; the error says what.",
    2: "Used wrongly; nothing was done.",
    3: "Nobody shares what was asked for.",
    4: "The index does not answer.",
    5: "The file is known, but none of its sources could deliver it.",
    130: "Interrupted.",
  },
  variables: {
    PEERDEX_INDEX: "The index, where --index is not given.",
    "PEERDEX_…": "Any other option that is not given: --limit-down is " +
      "PEERDEX_LIMIT_DOWN. An option without a value takes true or false.",
  },
};

/** All programs. */
export const PROGRAMS: readonly Program[] = [INDEX, PEER];
