/**
 * A pattern of content names, as a person types it: with spaces, which part the
 * terms of an index's filter.
 *
 * @module
 */

/**
 * The term that asks an index for names of a pattern: any character stands for
 * a space, so that the answer holds all of them, and others.
 */
export function filterTerm(pattern: string): string {
  return pattern.replaceAll(" ", "*");
}

/**
 * Makes what tells whether a name is of a pattern: `*` stands for anything
 * within one part, `**` for anything, and case does not matter, all as for an
 * index.
 *
 * @example
 * ```ts
 * import { assert, assertFalse } from "@std/assert";
 * import { namePattern } from "./name_pattern.ts";
 *
 * const isWanted = namePattern("my file*");
 * assert(isWanted("My file 1.txt"));
 * assertFalse(isWanted("file my.txt"));
 * ```
 */
export function namePattern(pattern: string): (name: string) => boolean {
  const steps = pattern.normalize("NFC").toLowerCase().match(/\*+|[^*]/g) ?? [];
  return (name) => {
    const text = name.toLowerCase();
    // Whether so many characters of the name are what the pattern says so far:
    // however many stars, the work has a bound.
    const ends = Array.from({ length: text.length + 1 }, (_, end) => end === 0);
    for (const step of steps) {
      if (step.startsWith("*")) {
        for (let end = 1; end < ends.length; end++) {
          ends[end] ||= ends[end - 1]! &&
            (step.length > 1 || text[end - 1] !== "/");
        }
      } else {
        for (let end = text.length; end > 0; end--) {
          ends[end] = ends[end - 1]! && text[end - 1] === step;
        }
        ends[0] = false;
      }
    }
    return ends[text.length]!;
  };
}
