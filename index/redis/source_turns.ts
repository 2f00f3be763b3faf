/**
 * Whose turn it is among the sources of a content that has more of them than a
 * reply has room for. Every index takes its own turns: what is asked for last
 * makes room.
 *
 * @module
 */

/** Contents whose turn is known at most. */
const MAX_CONTENTS = 16_384;

/** Turns by content. */
export class SourceTurns {
  readonly #turns = new Map<string, number>();

  /** Contents whose turn is known. */
  get size(): number {
    return this.#turns.size;
  }

  /** The age of the source that was shown last, or 0. */
  get(content: string): number {
    return this.#turns.get(content) ?? 0;
  }

  /** Remembers the age of the source that was shown last. */
  set(content: string, age: number): void {
    this.#turns.delete(content);
    if (this.#turns.size >= MAX_CONTENTS) {
      this.#turns.delete(this.#turns.keys().next().value!);
    }
    this.#turns.set(content, age);
  }

  /** Forgets a content, all of whose sources fit. */
  delete(content: string): void {
    this.#turns.delete(content);
  }
}
