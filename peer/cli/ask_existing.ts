/**
 * Asks what to do with a file that is in the way, where somebody can answer.
 *
 * @module
 */

import { quote } from "../../protocol/name.ts";
import type { FileExistsError } from "../errors.ts";
import type { Output } from "./output.ts";
import { type Conversation, Terminal } from "./terminal.ts";

/** What may be done with a file that is in the way, besides giving up. */
export type Decision = "overwrite" | "rename" | "skip";

const DECISIONS: Readonly<Record<string, Decision>> = {
  O: "overwrite",
  K: "rename",
  S: "skip",
};

/** Asks, and remembers an answer that was given for all. */
export class ExistingFiles {
  readonly #output: Output;
  readonly #conversation: Conversation;
  /** What was said of all further ones. */
  forAll: Decision | undefined;

  /**
   * @param output Where the file is named.
   * @param conversation Whoever is asked.
   */
  constructor(output: Output, conversation: Conversation) {
    this.#output = output;
    this.#conversation = conversation;
  }

  /**
   * Somebody at a terminal.
   *
   * @returns `undefined` where nobody is there.
   */
  static atTerminal(output: Output): ExistingFiles | undefined {
    if (!output.interactive || !Deno.stdin.isTerminal()) return undefined;
    const encoder = new TextEncoder();
    const terminal = new Terminal(Deno.stdin.readable, (text) => {
      Deno.stderr.writeSync(encoder.encode(text));
    });
    return new ExistingFiles(output, terminal);
  }

  /**
   * Asks until the answer can be used.
   *
   * @returns `undefined` where there will be no answer.
   */
  async decide(
    { path }: FileExistsError,
    signal: AbortSignal,
  ): Promise<Decision | undefined> {
    this.#output.note(`${quote(path)} is there already, with other content`);
    for (;;) {
      const answer = await this.#conversation.ask(
        "[O] Overwrite, [K] Keep both, [S] Skip (OO, KK, SS for all): ",
        signal,
      );
      if (answer === null) return undefined;
      const [letter = "", ...more] = answer.toUpperCase();
      const decision = DECISIONS[letter];
      if (!decision || more.some((each) => each !== letter)) continue;
      if (more.length > 0) this.forAll = decision;
      return decision;
    }
  }
}
