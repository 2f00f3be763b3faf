/**
 * Patterns with stars, many of them looked for at once.
 *
 * @module
 */

const STAR = "*".charCodeAt(0);
const SLASH = "/".charCodeAt(0);
const ASCII = 128;
const WORD_BITS = 32;

/**
 * Finds whether a text is what every one of some patterns says: `*` stands for
 * anything within one part, `**` for anything.
 *
 * Each pattern is at a number of places at once, one for each of its letters
 * that may come next. A place is a bit, and a step moves 32 of them together: no
 * pattern takes longer than its length times that of the text, divided by 32.
 *
 * @example
 * ```ts
 * import { assert, assertFalse } from "@std/assert";
 * import { Patterns } from "./patterns.ts";
 *
 * const videos = new Patterns(["holidays/**", "**.mp4"]);
 * assert(videos.match("holidays/2026/beach.mp4"));
 * assertFalse(videos.match("holidays/2026/beach.jpg"));
 * ```
 */
export class Patterns {
  /** How many words of 32 places a step moves. */
  readonly words: number;
  /** Places that a letter leads on from: a row for each, and one for all others. */
  readonly #moves: Int32Array;
  /** Where the rows of letters start: first those of ASCII, then the others. */
  readonly #ascii = new Int32Array(ASCII);
  readonly #others = new Map<number, number>();
  readonly #start: Int32Array;
  readonly #goal: Int32Array;
  /** Places that are kept where a `/` comes, and where anything else comes. */
  readonly #atSlash: Int32Array;
  readonly #elsewhere: Int32Array;
  readonly #now: Int32Array;

  /** @param patterns At least one. */
  constructor(patterns: readonly string[]) {
    const literals = patterns.join("").replaceAll("*", "");
    const letters = new Set<number>();
    for (let i = 0; i < literals.length; i++) {
      letters.add(literals.charCodeAt(i));
    }
    const words = Math.ceil((literals.length + patterns.length) / WORD_BITS);
    this.words = words;
    const row = () => new Int32Array(words);
    this.#start = row();
    this.#goal = row();
    this.#atSlash = row();
    this.#elsewhere = row();
    this.#now = row();
    this.#moves = new Int32Array(words * (letters.size + 1));
    let rows = words;
    for (const letter of letters) {
      if (letter < ASCII) this.#ascii[letter] = rows;
      else this.#others.set(letter, rows);
      rows += words;
    }
    let place = 0;
    for (const pattern of patterns) place = this.#add(pattern, place);
  }

  /** Whether a text is what all of them say. */
  match(text: string): boolean {
    const { words } = this;
    const now = this.#now;
    const moves = this.#moves;
    now.set(this.#start);
    for (let i = 0; i < text.length; i++) {
      const letter = text.charCodeAt(i);
      const row = this.#row(letter);
      const kept = letter === SLASH ? this.#atSlash : this.#elsewhere;
      let carry = 0;
      let alive = 0;
      for (let word = 0; word < words; word++) {
        const places = now[word]!;
        const moved = places & moves[row + word]!;
        const next = moved << 1 | carry | places & kept[word]!;
        carry = moved >>> WORD_BITS - 1;
        alive |= next;
        now[word] = next;
      }
      if (alive === 0) return false;
    }
    return this.#goal.every((goal, word) => (now[word]! & goal) === goal);
  }

  #row(letter: number): number {
    return letter < ASCII
      ? this.#ascii[letter]!
      : this.#others.get(letter) ?? 0;
  }

  /** Gives a pattern its places from one on, and returns the next free one. */
  #add(pattern: string, first: number): number {
    let place = first;
    set(this.#start, place);
    for (let i = 0; i < pattern.length; i++) {
      const letter = pattern.charCodeAt(i);
      if (letter === STAR) {
        const isPair = pattern.charCodeAt(i - 1) === STAR;
        set(isPair ? this.#atSlash : this.#elsewhere, place);
      } else {
        set(this.#moves, place, this.#row(letter));
        place++;
      }
    }
    set(this.#goal, place);
    return place + 1;
  }
}

/** Marks a place in a row that starts at `row`. */
function set(rows: Int32Array, place: number, row = 0): void {
  rows[row + Math.floor(place / WORD_BITS)]! |= 1 << place % WORD_BITS;
}
