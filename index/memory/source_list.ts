/**
 * The sources of one content: who is newest, how many there are, and whose turn
 * it is.
 *
 * @module
 */

import { LinkedList } from "./linked_list.ts";
import type { Slab } from "./slab.ts";

const HEAD = 0;
const COUNT = 1;
const TURN = 2;

/** Words that the holder of a list gives to it. */
export const SOURCE_LIST_WORDS = 3;

/** Lists of registrations, newest first, each held by a record of another slab. */
export class SourceLists {
  readonly #holders: Slab;
  readonly #word: number;
  readonly #links: LinkedList;

  /**
   * @param holder Whose records hold a list, from which word on.
   * @param member Whose records are in the lists, and their words for the links.
   */
  constructor(
    holder: { slab: Slab; word: number },
    member: { slab: Slab; word: number },
  ) {
    this.#holders = holder.slab;
    this.#word = holder.word;
    this.#links = new LinkedList(member.slab, member.word);
  }

  /** The newest member, or `NONE`. */
  newest(holder: number): number {
    return this.#holders.get(holder, this.#word + HEAD);
  }

  /** The member that was newest before this one, or `NONE`. */
  older(id: number): number {
    return this.#links.next(id);
  }

  /** How many members there are. */
  count(holder: number): number {
    return this.#holders.get(holder, this.#word + COUNT);
  }

  /** The member whose turn it is, after the newest; `NONE` to start over. */
  turn(holder: number): number {
    return this.#holders.get(holder, this.#word + TURN);
  }

  /** Says whose turn is next. */
  setTurn(holder: number, id: number): void {
    this.#holders.set(holder, this.#word + TURN, id);
  }

  /** Adds the newest member. */
  add(holder: number, id: number): void {
    const head = this.#links.pushFront(this.newest(holder), id);
    this.#holders.set(holder, this.#word + HEAD, head);
    this.#setCount(holder, this.count(holder) + 1);
  }

  /** Takes a member out. */
  remove(holder: number, id: number): void {
    if (this.turn(holder) === id) this.setTurn(holder, this.#links.next(id));
    const head = this.#links.remove(this.newest(holder), id);
    this.#holders.set(holder, this.#word + HEAD, head);
    this.#setCount(holder, this.count(holder) - 1);
  }

  #setCount(holder: number, count: number): void {
    this.#holders.set(holder, this.#word + COUNT, count);
  }
}
