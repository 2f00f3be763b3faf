/**
 * The filter of a list: words anywhere in the name, `*` and `**` over the whole
 * name, `peer:NAME` for one peer. Letter case does not matter, and everything
 * that is asked for must hold.
 *
 * @module
 */

import { Patterns } from "./patterns.ts";
import type { Filter } from "./store.ts";

/** Work that one request for a list may hold the loop for: about a millisecond. */
export const LIST_BUDGET = 5_000;

/** What of it a look at one entry costs, besides its filter. */
export const LOOK_COST = 6;

/**
 * Reads a filter.
 *
 * @example
 * ```ts
 * import { assert, assertFalse } from "@std/assert";
 * import { parseFilter } from "./filter.ts";
 *
 * const videos = parseFilter("**.mp4 peer:alice")!;
 * assert(videos.matches("Alice", "holidays/Beach.MP4"));
 * assertFalse(videos.matches("bob", "holidays/Beach.MP4"));
 *
 * const words = parseFilter("beach holi")!;
 * assert(words.matches("bob", "holidays/Beach.MP4"));
 * ```
 *
 * @returns The filter, or `undefined` where the text asks for nothing.
 */
export function parseFilter(text: string): Filter | undefined {
  const terms = new Set(text.toLowerCase().split(" "));
  terms.delete("");
  if (terms.size === 0) return undefined;
  const peers: string[] = [];
  const globs: string[] = [];
  const words: string[] = [];
  for (const term of terms) {
    if (term.startsWith(PEER)) peers.push(term.slice(PEER.length));
    else (term.includes("*") ? globs : words).push(term);
  }
  const [peer] = peers;
  // One word is looked for natively, and the longest of several first.
  words.sort((a, b) => b.length - a.length);
  const [first = "", ...others] = words;
  const rest = [...globs, ...others.map((word) => `**${word}**`)];
  const patterns = rest.length > 0 ? new Patterns(rest) : undefined;
  return {
    cost: (first === "" ? 0 : WORD_COST) +
      (patterns ? PATTERNS_COST + STEP_COST * patterns.words : 0),
    matches(peerName, contentName) {
      if (peers.length > 1) return false;
      if (peer !== undefined && peerName.toLowerCase() !== peer) return false;
      const name = contentName.toLowerCase();
      return name.includes(first) && (patterns?.match(name) ?? true);
    },
  };
}

const PEER = "peer:";

// What each letter of a name costs at worst.
const WORD_COST = 1 / 12;
const PATTERNS_COST = 1 / 16;
const STEP_COST = 1 / 40;
