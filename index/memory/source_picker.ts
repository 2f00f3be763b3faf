/**
 * Which sources of a content a search gives.
 *
 * @module
 */

import type { Found, Search, Source } from "../store.ts";
import type { RegistrationTable } from "./registration_table.ts";
import { NONE } from "./slab.ts";
import type { SourceLists } from "./source_list.ts";

/**
 * Which sources come first: `newest` gives the newest, then the others in turn;
 * `least-used` gives those first that were handed out least.
 */
export type Selection = "newest" | "least-used";

/** The sources that a search gives, and how many there are. */
export type Picked = Pick<Found, "count" | "newest" | "sources">;

/** What the picker asks about a registration. */
export interface SourceView {
  /** Whether it is to be seen. */
  isAlive(id: number, now: number): boolean;
  /** What it is. */
  source(id: number, search: Search): Source;
}

/** Sources that are looked at for one search. */
const WINDOW = 128;

/** Picks sources, so that one search after the other reaches all of them. */
export class SourcePicker {
  readonly #table: RegistrationTable;
  readonly #view: SourceView;
  readonly #leastUsed: boolean;

  constructor(
    table: RegistrationTable,
    view: SourceView,
    selection: Selection,
  ) {
    this.#table = table;
    this.#view = view;
    this.#leastUsed = selection === "least-used";
  }

  /**
   * Picks from the living sources of what `newest`, a living one, is the newest
   * of: its digest under its name, or where the search has no name, its digest.
   */
  pick(newest: number, search: Search, now: number): Picked {
    if (!search.name) {
      const digest = this.#table.digest(newest);
      return this.#pick(this.#table.digestSources, digest, search, now);
    }
    const offer = this.#table.offer(newest);
    return this.#pick(this.#table.offerSources, offer, search, now);
  }

  #pick(
    lists: SourceLists,
    holder: number,
    search: Search,
    now: number,
  ): Picked {
    const known = lists.count(holder);
    const newest = this.#view.source(lists.newest(holder), search);
    if (known === 1 && !this.#leastUsed) {
      return { count: 1, newest, sources: [newest] };
    }
    const ids = this.#window(lists, holder, now);
    // A list that fits the window was seen as a whole: its count is exact. Of a
    // longer one, what ran out a moment ago may still be counted.
    const count = known <= WINDOW ? ids.length : known;
    const end = ids.at(-1)!;
    if (this.#leastUsed) {
      ids.sort((a, b) => this.#table.uses(a) - this.#table.uses(b));
    }
    const sources: Source[] = [];
    let { room } = search;
    for (const id of ids) {
      const source = this.#view.source(id, search);
      room -= search.cost(source, newest);
      if (room < 0 && sources.length > 0) break;
      sources.push(source);
    }
    if (this.#leastUsed) {
      for (const id of ids.slice(0, sources.length)) this.#table.use(id);
      lists.setTurn(holder, lists.older(end));
    } else if (sources.length > 1) {
      lists.setTurn(holder, lists.older(ids[sources.length - 1]!));
    } else if (ids.length > 1) {
      sources[0] = this.#view.source(
        this.#takeTurns(lists, holder, ids),
        search,
      );
    }
    return { count, newest, sources };
  }

  /** Names so long that one source fills the reply: the newest waits as well. */
  #takeTurns(lists: SourceLists, holder: number, ids: number[]): number {
    const id = ids[lists.turn(holder) === NONE ? 0 : 1]!;
    lists.setTurn(holder, lists.older(id));
    return id;
  }

  /** The newest, then the living others from the one whose turn it is. */
  #window(lists: SourceLists, holder: number, now: number): number[] {
    const newest = lists.newest(holder);
    const second = lists.older(newest);
    const window = [newest];
    if (second === NONE) return window;
    const turn = lists.turn(holder);
    const start = turn === NONE || turn === newest ? second : turn;
    let id = start;
    for (let steps = 1; steps < WINDOW; steps++) {
      if (this.#view.isAlive(id, now)) window.push(id);
      id = lists.older(id) || second;
      if (id === start) break;
    }
    return window;
  }
}
