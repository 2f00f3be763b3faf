/**
 * Who may send content right now, where not all may at once.
 *
 * @module
 */

import { Alarm } from "./alarm.ts";
import { type Clock, SYSTEM_CLOCK } from "./clock.ts";
import { FairQueue } from "./fair_queue.ts";

/** A place among those who send. Disposing it hands it to the next in turn. */
export interface UploadSlot extends Disposable {
  /** Whether it was not taken away meanwhile. */
  readonly isHeld: boolean;
}

/** How long a slot may be held while others wait, in milliseconds. */
const TURN_MS = 5_000;

interface HeldSlot {
  readonly since: number;
}

/**
 * Hands out a fixed number of slots in turn between addresses, so that a client
 * with many connections gets no more than one with a single connection, and one
 * that takes its time keeps nobody waiting for long.
 */
export class UploadSlots {
  #free: number;
  readonly #clock: Clock;
  readonly #waiting = new FairQueue<(slot: UploadSlot) => void>();
  /** Those that are held, the oldest first. */
  readonly #held = new Set<HeldSlot>();
  readonly #alarm: Alarm;

  /** @param slots How many may be held at once, at least 1. */
  constructor(slots: number, { clock = SYSTEM_CLOCK }: { clock?: Clock } = {}) {
    this.#free = slots;
    this.#clock = clock;
    this.#alarm = new Alarm(clock, () => this.#takeAway());
  }

  /** Whether nobody would get a slot at once. */
  get isContended(): boolean {
    return this.#free === 0;
  }

  /**
   * Takes a slot where one is free.
   *
   * @param key Who asks: an address.
   */
  tryAcquire(key: string): UploadSlot | undefined {
    if (this.#free === 0) return undefined;
    this.#free--;
    this.#waiting.serve(key);
    return this.#slot();
  }

  /**
   * Waits for a slot.
   *
   * @param key Who asks: an address.
   * @throws Whatever the signal was aborted with.
   */
  acquire(
    key: string,
    { signal }: { signal: AbortSignal },
  ): Promise<UploadSlot> {
    if (signal.aborted) return Promise.reject(signal.reason);
    const free = this.tryAcquire(key);
    if (free) return Promise.resolve(free);
    return new Promise((resolve, reject) => {
      const grant = (slot: UploadSlot) => {
        signal.removeEventListener("abort", onAbort);
        resolve(slot);
      };
      const onAbort = () => {
        this.#waiting.remove(key, grant);
        this.#watch();
        reject(signal.reason);
      };
      signal.addEventListener("abort", onAbort, { once: true });
      this.#waiting.add(key, grant);
      this.#watch();
    });
  }

  #slot(): UploadSlot {
    const held = this.#held;
    const slot = {
      since: this.#clock.now(),
      get isHeld() {
        return held.has(slot);
      },
      [Symbol.dispose]: () => {
        if (held.delete(slot)) this.#pass();
      },
    };
    held.add(slot);
    return slot;
  }

  #pass(): void {
    const next = this.#waiting.next();
    if (next) next.item(this.#slot());
    else this.#free++;
    this.#watch();
  }

  /** Looks after those who wait. */
  #watch(): void {
    const [oldest] = this.#held;
    if (this.#waiting.isEmpty || !oldest) return this.#alarm.clear();
    this.#alarm.setAt(oldest.since + TURN_MS);
  }

  #takeAway(): void {
    const [oldest] = this.#held;
    if (!oldest || this.#waiting.isEmpty) return;
    if (this.#clock.now() - oldest.since < TURN_MS) return this.#watch();
    this.#held.delete(oldest);
    this.#pass();
  }
}
