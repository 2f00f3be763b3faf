/**
 * Doubly linked lists through the records of a slab.
 *
 * @module
 */

import { NONE, type Slab } from "./slab.ts";

/** Words that a record gives to each list that it is in. */
export const LIST_WORDS = 2;

/**
 * Lists whose links are two words of each record. Who owns a list keeps its
 * head: every change returns the new one.
 */
export class LinkedList {
  readonly #slab: Slab;
  readonly #prev: number;
  readonly #next: number;

  /** @param links The first of the two words of a record that are the list's. */
  constructor(slab: Slab, links: number) {
    this.#slab = slab;
    this.#prev = links;
    this.#next = links + 1;
  }

  /** The record after this one, or `NONE`. */
  next(id: number): number {
    return this.#slab.get(id, this.#next);
  }

  /** Puts a record in front and returns the new head. */
  pushFront(head: number, id: number): number {
    this.#slab.set(id, this.#prev, NONE);
    this.#slab.set(id, this.#next, head);
    if (head !== NONE) this.#slab.set(head, this.#prev, id);
    return id;
  }

  /** Takes a record out and returns the new head. */
  remove(head: number, id: number): number {
    const prev = this.#slab.get(id, this.#prev);
    const next = this.#slab.get(id, this.#next);
    if (next !== NONE) this.#slab.set(next, this.#prev, prev);
    if (prev === NONE) return next;
    this.#slab.set(prev, this.#next, next);
    return head;
  }
}
