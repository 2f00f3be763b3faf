/**
 * The pages of one answer, in whatever order they come.
 *
 * @module
 */

import { readPageMark } from "../protocol/page_mark.ts";
import type { Ack, RecordReply } from "../protocol/reply.ts";

/** An answer, or a page of one: an `A`, and the records that came with it. */
export interface Answer {
  readonly ack: Ack;
  readonly records: readonly RecordReply[];
}

/** Puts pages together: no more of them than were asked for, and each once. */
export class AnswerPages {
  readonly #asked: number;
  readonly #pages: (Answer | undefined)[] = [];
  #last: number | undefined;

  /** @param asked How many pages may come. */
  constructor(asked: number) {
    this.#asked = asked;
  }

  /** Takes a page; `false` where it was not asked for, or is there already. */
  add(answer: Answer): boolean {
    // Where one is asked for, the fields of the mark may mean something else.
    const { page, more } = this.#asked === 1
      ? { page: 0, more: false }
      : readPageMark(answer.ack);
    if (page >= this.#asked || this.#pages[page]) return false;
    this.#pages[page] = answer;
    if (!more || page + 1 === this.#asked) this.#last = page;
    return true;
  }

  /** Whether the first page is there, so that the answer can be gone on from. */
  get hasFirst(): boolean {
    return this.#pages[0] !== undefined;
  }

  /** Whether the last page is there. */
  get isOver(): boolean {
    return this.#last !== undefined;
  }

  /** Whether all pages up to the last one are there. */
  get isWhole(): boolean {
    if (this.#last === 0) return this.hasFirst;
    return this.inOrder.length - 1 === this.#last;
  }

  /**
   * The pages from the first one on, as far as each begins where the one before
   * it ended: what was asked twice is answered twice, and not the same.
   */
  get inOrder(): readonly Answer[] {
    const pages: Answer[] = [];
    for (const page of this.#pages) {
      if (!page || !follows(page, pages.at(-1))) break;
      pages.push(page);
    }
    return pages;
  }
}

function follows({ ack }: Answer, before: Answer | undefined): boolean {
  if (!before) return true;
  const { from } = readPageMark(ack);
  return from !== undefined &&
    from.every((byte, i) => byte === before.ack.cursor[i]);
}
