/**
 * Values of options: read, and refused where they cannot be used.
 *
 * @module
 */

import { ValidationError } from "@cliffy/command";
import { type Digest, parseDigest } from "../../protocol/digest.ts";
import {
  NameError,
  type PeerName,
  peerName,
  quote,
} from "../../protocol/name.ts";

/** What may be done with a file that is in the way. */
export const IF_EXISTS = ["fail", "skip", "overwrite", "rename"] as const;

/** The shells that completions are written for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** Reads a user name. */
export function parsePeerName(text: string): PeerName {
  try {
    return peerName(text);
  } catch (error) {
    if (error instanceof NameError) throw new ValidationError(error.message);
    throw error;
  }
}

/** Reads a digest, which is that of a single file. */
export function parsePin(
  text: string,
  { names, allFrom }: {
    readonly names: readonly string[];
    readonly allFrom: string | undefined;
  },
): Digest {
  if (allFrom !== undefined || names.length !== 1 || names[0]!.includes("*")) {
    throw new ValidationError(
      "Cannot use --digest for several files: expected one name",
    );
  }
  try {
    return parseDigest(text);
  } catch {
    throw new ValidationError(
      `Cannot use ${
        quote(text)
      } for --digest: expected 64 hexadecimal digits, as peer search shows`,
    );
  }
}

/** Takes a number that is in its range, both ends included. */
export function inRange(
  option: string,
  value: number,
  [least, most]: readonly [least: number, most: number],
): number {
  if (value >= least && value <= most) return value;
  throw new ValidationError(
    `Cannot use ${value} for ${option}: expected ${least} to ${most}`,
  );
}

/** Takes one of a few words. */
export function oneOf<Choice extends string>(
  option: string,
  value: string,
  choices: readonly Choice[],
): Choice {
  const choice = choices.find((each) => each === value);
  if (choice !== undefined) return choice;
  throw new ValidationError(
    `Cannot use ${quote(value)} for ${option}: expected ${choices.join(", ")}`,
  );
}

/** Reads a rate in bytes a second: `500K`, `20M`, `1.5G`, powers of 1,000. */
export function parseRate(
  option: string,
  text: string,
): number {
  const match = text.match(/^(\d+(?:\.\d+)?)([KMG]?)$/i);
  const powers = { "": 1, K: 1e3, M: 1e6, G: 1e9 } as const;
  const rate = match
    ? Number(match[1]) * powers[match[2]!.toUpperCase() as keyof typeof powers]
    : 0;
  if (rate >= 1) return rate;
  throw new ValidationError(
    `Cannot use ${
      quote(text)
    } for ${option}: expected bytes a second, such as 20M`,
  );
}
