/**
 * How much may be on its way to the index at once. The sockets' buffers are
 * small and cannot be enlarged here, so what is lost is mostly lost to haste:
 * the window grows while answers come and is halved when one does not.
 *
 * @module
 */

import { DATAGRAM_PDUS } from "../protocol/pdu.ts";

/** Where the window starts, and the smallest it gets, in PDUs: four full datagrams. */
const SMALLEST_PDUS = 4 * DATAGRAM_PDUS;

/** The largest: 32 full datagrams, a third of what a usual buffer of 208 KiB holds. */
const LARGEST_PDUS = 32 * DATAGRAM_PDUS;

/** Additive increase, multiplicative decrease, after a slow start. */
export class SendWindow {
  #pdus = SMALLEST_PDUS;
  #threshold = LARGEST_PDUS;
  #shrunkAt = -Infinity;
  #onWay = 0;

  /** How many PDUs may be unanswered at once. */
  get pdus(): number {
    return Math.floor(this.#pdus);
  }

  /** Whether nothing is on its way. */
  get isEmpty(): boolean {
    return this.#onWay === 0;
  }

  /** Whether so many PDUs may be sent now. Where nothing is on its way, any may. */
  hasRoom(pdus: number): boolean {
    return this.isEmpty || this.#onWay + pdus <= this.#pdus;
  }

  /** Takes note that so many PDUs are on their way. */
  take(pdus: number): void {
    this.#onWay += pdus;
  }

  /** Takes note that so many PDUs no longer are. */
  give(pdus: number): void {
    this.#onWay -= pdus;
  }

  /** Takes note that a request of this many PDUs was answered. */
  grow(pdus: number): void {
    const step = this.#pdus < this.#threshold
      ? pdus
      : pdus * DATAGRAM_PDUS / this.#pdus;
    this.#pdus = Math.min(this.#pdus + step, LARGEST_PDUS);
  }

  /**
   * Takes note that a request was lost. What was sent before the window last
   * shrank says nothing new.
   *
   * @param sentAt When the lost request was sent, in milliseconds.
   * @param now The time, in milliseconds.
   */
  shrink(sentAt: number, now: number): void {
    if (sentAt < this.#shrunkAt) return;
    this.#shrunkAt = now;
    this.#threshold = Math.max(this.#pdus / 2, SMALLEST_PDUS);
    this.#pdus = this.#threshold;
  }
}
