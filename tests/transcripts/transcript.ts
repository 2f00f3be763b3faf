/**
 * Transcripts in Markdown: what was typed in a terminal and what it printed,
 * below a comment that says which terminal.
 *
 * ````markdown
 * <!-- transcript {"terminal":"alice","until":"Ctrl-C"} -->
 *
 * ```console
 * $ deno run --allow-net --allow-read --allow-write peer.ts share notes.txt
 * Sharing 1 file, 5 B as alice on port 41327; Ctrl-C ends it
 * ```
 * ````
 *
 * @module
 */

/** What stands in the comment. */
export interface TranscriptHead {
  /** The terminal, which is also its folder. */
  readonly terminal: string;
  /** The machine that the terminal is on; one of its own if left out. */
  readonly host?: string;
  /** A pattern: what the last command printed when the next may be typed. */
  readonly until?: string;
  /** What is typed at the prompts of the last command, in order. */
  readonly typed?: readonly string[];
}

/** A block with its place in the text. */
export interface Transcript extends TranscriptHead {
  /**
   * What is typed, each with all lines of a here-document; none where the block
   * goes on with what the terminal's last command printed.
   */
  readonly commands: readonly string[];
  /** What stands between the fences. */
  readonly content: string;
  /** Where that starts. */
  readonly at: number;
}

const BLOCK = /<!-- transcript (\{.*\}) -->\n+```console\n([^]*?)```/g;

/** Finds the transcripts of a text. */
export function transcriptsIn(markdown: string): Transcript[] {
  return [...markdown.matchAll(BLOCK)].map((match) => {
    const [whole, head = "{}", content = ""] = match;
    const at = match.index + whole.length - "```".length - content.length;
    const commands = commandsIn(content);
    return { ...JSON.parse(head), commands, content, at };
  });
}

/** Puts what was printed in the place of what stood there. */
export function replaceTranscripts(
  markdown: string,
  changes: readonly { readonly old: Transcript; readonly content: string }[],
): string {
  let text = markdown;
  // From the end, so that the places before stay where they are.
  for (const { old, content } of changes.toReversed()) {
    text = text.slice(0, old.at) + content +
      text.slice(old.at + old.content.length);
  }
  return text;
}

/**
 * A transcript without what differs from run to run: ports, times, rates, keys,
 * tokens and the names made of them, and what was asked again because an answer
 * took its time. Two that are the same so say the same.
 */
export function steady(content: string): string {
  return VARYING.reduce(
    (text, [pattern, name]) => text.replaceAll(pattern, name),
    content,
  );
}

const VARYING: readonly (readonly [RegExp, string])[] = [
  // One of forty has no letter among its digits.
  [/(?<=\b(?:Peerdex |peer-))[0-9a-f]{8}\b/g, "ID"],
  [/\b(?=[0-9a-f]*[a-f])(?=[0-9a-f]*\d)[0-9a-f]{16,}\b/g, "ID"],
  [/(?<=(?:[\d.]+|localhost|\]):)(?!60000\b)\d{4,5}\b/g, "PORT"],
  [/\bport (?!60000\b)\d{4,5}\b/g, "port PORT"],
  [/\b\d[\d.]* (?:µs|ms|s)\b|\b\d+(?::\d\d)+\b/g, "TIME"],
  [/\b\d[\d.]* (?:B|KiB|MiB|GiB)\/s/g, "RATE"],
  // Not said of what took no time.
  [/ in TIME \(RATE\)/g, ""],
  // A request with its answer, as an index prints them.
  [/^(< .*\n> .*\n)\1+/gm, "$1"],
];

function commandsIn(content: string): string[] {
  const commands: string[] = [];
  let end: string | undefined;
  for (const line of content.split("\n")) {
    if (end !== undefined) {
      commands.push(`${commands.pop()}\n${line}`);
      if (line === end) end = undefined;
    } else if (line.startsWith("$ ")) {
      commands.push(line.slice(2));
      end = line.match(/<<'(\w+)'$/)?.[1];
    }
  }
  return commands;
}
