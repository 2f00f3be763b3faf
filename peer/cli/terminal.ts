/**
 * A conversation: lines out, answers in.
 *
 * @module
 */

import { untilAborted } from "../until_aborted.ts";

/** Somebody to talk to: a person at a terminal, a script, a test. */
export interface Conversation {
  /** Says a line. */
  say(line: string): void;
  /**
   * Asks, and waits for a line.
   *
   * @returns The answer without its line end and without spaces around it, or
   * `null` when there will be no more answers.
   */
  ask(question: string, signal?: AbortSignal): Promise<string | null>;
}

/** The longest line that is taken for an answer. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** The conversation at the process's own standard input and output. */
export class Terminal implements Conversation {
  readonly #input: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  readonly #write: (text: string) => void;
  #buffered = "";
  #ended = false;
  #reading: Promise<void> | undefined;

  /**
   * Talks over the given streams.
   *
   * @param input Where answers come from.
   * @param write Takes text that is to be shown.
   */
  constructor(
    input: ReadableStream<Uint8Array>,
    write: (text: string) => void,
  ) {
    this.#input = input.getReader();
    this.#write = write;
  }

  /** Says a line. */
  say(line: string): void {
    this.#write(`${line}\n`);
  }

  /** Asks, and waits for a line. */
  async ask(question: string, signal?: AbortSignal): Promise<string | null> {
    signal?.throwIfAborted();
    this.#write(question);
    for (;;) {
      const line = this.#takeLine();
      if (line !== null) return line.trim();
      if (this.#ended) {
        // What is said next starts a line of its own.
        this.#write("\n");
        return null;
      }
      // The read goes on when the wait for it is given up: what it brings is
      // kept for the next question.
      this.#reading ??= this.#readMore();
      await untilAborted(this.#reading, signal);
    }
  }

  #takeLine(): string | null {
    const end = this.#buffered.indexOf("\n");
    if (end >= 0) {
      const line = this.#buffered.slice(0, end);
      this.#buffered = this.#buffered.slice(end + 1);
      return line;
    }
    if (!this.#ended || this.#buffered === "") return null;
    const line = this.#buffered;
    this.#buffered = "";
    return line;
  }

  async #readMore(): Promise<void> {
    try {
      const { value, done } = await this.#input.read();
      if (done) this.#ended = true;
      else this.#buffered += this.#decoder.decode(value, { stream: true });
      if (this.#buffered.length > MAX_ANSWER_BYTES) {
        this.#buffered = this.#buffered.slice(-MAX_ANSWER_BYTES);
      }
    } finally {
      this.#reading = undefined;
    }
  }
}
