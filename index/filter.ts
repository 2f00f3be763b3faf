/**
 * The filter of a list: words anywhere in the name, `*` and `**` over the whole
 * name, `peer:NAME` for one peer. Letter case does not matter, and everything
 * that is asked for must hold.
 *
 * @module
 */

import type { Filter } from "./store.ts";

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
  const words: string[] = [];
  const globs: Glob[] = [];
  let peer: string | undefined;
  let impossible = false;
  for (const word of text.toLowerCase().split(" ")) {
    if (word === "") continue;
    if (word.startsWith(PEER)) {
      const wanted = word.slice(PEER.length);
      impossible ||= peer !== undefined && peer !== wanted;
      peer = wanted;
    } else if (word.includes("*")) globs.push(new Glob(word));
    else words.push(word);
  }
  if (peer === undefined && words.length === 0 && globs.length === 0) {
    return undefined;
  }
  return {
    // Searching words costs a native look per letter at worst; a glob follows
    // every one of its states.
    cost: (words.reduce((sum, word) => sum + word.length, 0) +
      8 * globs.reduce((sum, glob) => sum + glob.states, 0)) / 64,
    matches(peerName, contentName) {
      if (impossible) return false;
      if (peer !== undefined && peerName.toLowerCase() !== peer) return false;
      const name = contentName.toLowerCase();
      return words.every((word) => name.includes(word)) &&
        globs.every((glob) => glob.matches(name));
    },
  };
}

const PEER = "peer:";

const STAR = "*";
const STARS = "**";

/**
 * A pattern over a whole name: `*` stands for anything within one part, `**`
 * for anything. All places that the pattern can be at are followed at once, so
 * no pattern takes longer than its length times that of the name.
 */
class Glob {
  /** Literal characters, and stars. */
  readonly #symbols: readonly string[];
  #now: Uint8Array;
  #next: Uint8Array;

  constructor(pattern: string) {
    this.#symbols = pattern.match(/\*\*+|[^]/gu)!.map((symbol) =>
      symbol.length > 1 && symbol[0] === STAR ? STARS : symbol
    );
    this.#now = new Uint8Array(this.#symbols.length + 1);
    this.#next = new Uint8Array(this.#symbols.length + 1);
  }

  /** How many places the pattern can be at. */
  get states(): number {
    return this.#now.length;
  }

  matches(name: string): boolean {
    this.#now.fill(0);
    this.#enter(this.#now, 0);
    for (const char of name) {
      this.#next.fill(0);
      let any = false;
      for (let state = 0; state < this.#symbols.length; state++) {
        if (this.#now[state] === 0) continue;
        const symbol = this.#symbols[state]!;
        if (symbol === STARS || (symbol === STAR && char !== "/")) {
          this.#enter(this.#next, state);
          any = true;
        } else if (symbol === char) {
          this.#enter(this.#next, state + 1);
          any = true;
        }
      }
      if (!any) return false;
      [this.#now, this.#next] = [this.#next, this.#now];
    }
    return this.#now[this.#symbols.length] === 1;
  }

  /** A star may stand for nothing: who reaches it is past it as well. */
  #enter(states: Uint8Array, from: number): void {
    let state = from;
    states[state] = 1;
    while (this.#symbols[state]?.startsWith(STAR)) states[++state] = 1;
  }
}
