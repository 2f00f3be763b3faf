/**
 * Colour, where a person watches and has not said that they want none.
 *
 * @module
 */

/** What a text is to be seen as. */
export type Tone = "good" | "bad" | "warn" | "faint" | "strong";

const CODES: Readonly<Record<Tone, string>> = {
  good: "32",
  bad: "31",
  warn: "33",
  faint: "2",
  strong: "1",
};

/** Gives a text a tone, or leaves it as it is. */
export type Painter = (tone: Tone, text: string) => string;

/**
 * A painter for a stream. The runtime itself reads `NO_COLOR`, so that no
 * permission is needed for it.
 *
 * @param sink Whether a person watches it.
 */
export function painterFor(sink: { isTerminal(): boolean }): Painter {
  if (Deno.noColor || !sink.isTerminal()) return (_, text) => text;
  return (tone, text) =>
    text === "" ? "" : `\x1b[${CODES[tone]}m${text}\x1b[0m`;
}
