/**
 * The calendar of leases: which owners to look at when. Renewing costs nothing
 * here: an owner is moved only when its old day has come.
 *
 * @module
 */

import type { Owner } from "./owner.ts";

const DAY_MS = 1_000;
const DAYS = 4_096;

/** Owners by the second in which their lease may run out. */
export class Calendar {
  readonly #days: (Owner | undefined)[] = Array(DAYS).fill(undefined);
  #today: number;

  constructor(now: number) {
    this.#today = Math.floor(now / DAY_MS);
  }

  /** Enters an owner under the end of its lease. */
  enter(owner: Owner): void {
    // A lease ends within its day: it is looked at when that is over.
    const last = this.#today + DAYS - 1;
    const end = Math.floor(owner.leaseEnd / DAY_MS) + 1;
    const day = Math.min(Math.max(end, this.#today), last) % DAYS;
    const head = this.#days[day];
    owner.due = day;
    owner.dueBefore = undefined;
    owner.dueAfter = head;
    if (head) head.dueBefore = owner;
    this.#days[day] = owner;
  }

  /** Strikes an owner out. */
  strike(owner: Owner): void {
    if (owner.due < 0) return;
    if (owner.dueAfter) owner.dueAfter.dueBefore = owner.dueBefore;
    if (owner.dueBefore) owner.dueBefore.dueAfter = owner.dueAfter;
    else this.#days[owner.due] = owner.dueAfter;
    owner.due = -1;
    owner.dueBefore = owner.dueAfter = undefined;
  }

  /**
   * An owner whose lease has run out, still entered; or `undefined` where none
   * is known any more.
   *
   * @param steps The most owners and days to look at.
   */
  takeDue(now: number, steps: { left: number }): Owner | undefined {
    const today = Math.floor(now / DAY_MS);
    // After a long sleep one round over all days finds everybody.
    if (today - this.#today > DAYS) this.#today = today - DAYS;
    while (steps.left > 0) {
      const owner = this.#days[this.#today % DAYS];
      steps.left--;
      if (!owner) {
        if (this.#today >= today) return undefined;
        this.#today++;
      } else if (owner.leaseEnd <= now) {
        return owner;
      } else {
        this.strike(owner);
        this.enter(owner);
        if (owner.due === this.#today % DAYS) return undefined;
      }
    }
    return undefined;
  }
}
