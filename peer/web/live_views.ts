/**
 * What pages show is looked at again while they are open, and each is told when
 * it has changed.
 *
 * @module
 */

import { type Clock, SYSTEM_CLOCK } from "../clock.ts";

/** How views are looked after. */
export interface LiveViewsOptions {
  /** Whether anybody listens: otherwise nothing is looked at. */
  readonly isWanted: () => boolean;
  /** Is told the key of a view that has changed. */
  readonly onChange: (key: string) => void;
  /** The pause between two looks, in milliseconds; 3,000 if left out. */
  readonly pauseMs?: number | undefined;
  readonly clock?: Clock | undefined;
}

/** Makes what a view shows, as JSON can hold it. */
export type MakeView = (signal: AbortSignal) => Promise<unknown>;

/** Views that are kept; the one that was asked for longest ago goes. */
const MAX_VIEWS = 16;

/** The share of the time that looking may take, so that a large index is not asked all the time. */
const PAUSES_PER_LOOK = 10;

interface View {
  readonly make: MakeView;
  shown: string;
}

/** The views that pages show. */
export class LiveViews implements AsyncDisposable {
  readonly #options: LiveViewsOptions;
  readonly #clock: Clock;
  readonly #views = new Map<string, View>();
  readonly #end = new AbortController();
  readonly #loop: Promise<void>;
  #wake: () => void = () => {};
  #isHurried = false;

  /** Starts to look after views, of which there are none yet. */
  constructor(options: LiveViewsOptions) {
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#loop = this.#lookOn();
  }

  /** Makes a view and looks after it from now on. */
  async show(
    key: string,
    make: MakeView,
    signal: AbortSignal,
  ): Promise<unknown> {
    const value = await make(AbortSignal.any([signal, this.#end.signal]));
    this.#views.delete(key);
    this.#views.set(key, { make, shown: JSON.stringify(value) });
    for (const oldest of this.#views.keys()) {
      if (this.#views.size <= MAX_VIEWS) break;
      this.#views.delete(oldest);
    }
    return value;
  }

  /** Looks at all views at once: something was done. */
  hurry(): void {
    this.#isHurried = true;
    this.#wake();
  }

  /** Ends looking. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    this.#wake();
    await this.#loop;
  }

  async #lookOn(): Promise<void> {
    const { pauseMs = 3_000 } = this.#options;
    let pause = pauseMs;
    while (!this.#end.signal.aborted) {
      await this.#rest(pause);
      const started = this.#clock.now();
      if (this.#options.isWanted()) await this.#look();
      else this.#views.clear();
      const tookMs = this.#clock.now() - started;
      pause = Math.max(pauseMs, tookMs * PAUSES_PER_LOOK);
    }
  }

  async #look(): Promise<void> {
    for (const [key, view] of [...this.#views]) {
      if (this.#end.signal.aborted) return;
      try {
        const shown = JSON.stringify(await view.make(this.#end.signal));
        if (shown === view.shown) continue;
        view.shown = shown;
        this.#options.onChange(key);
      } catch {
        // The index does not answer, say: what is shown stays until it does.
      }
    }
  }

  async #rest(ms: number): Promise<void> {
    if (!this.#isHurried && !this.#end.signal.aborted) {
      await new Promise<void>((resolve) => {
        const cancel = this.#clock.after(ms, resolve);
        this.#wake = () => {
          cancel();
          resolve();
        };
      });
    }
    this.#isHurried = false;
  }
}
