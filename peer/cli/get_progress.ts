/**
 * How far `peer get` is: the large file that comes, and all files together.
 *
 * @module
 */

import type { ContentName } from "../../protocol/name.ts";
import { type Clock, SYSTEM_CLOCK } from "../clock.ts";
import type { Contribution } from "../download_options.ts";
import type { Fetched } from "../fetch.ts";
import type { Output } from "./output.ts";
import { Progress, type ProgressState } from "./progress.ts";

/** Between two looks at how far it is, in milliseconds. */
const TICK_MS = 200;

interface LargeFile {
  readonly name: ContentName;
  readonly of: Progress;
  state: ProgressState;
  /** Whether it is known how much of it was there already. */
  isKnown: boolean;
}

/** Tells how far each file and all of them are, also while nothing comes. */
export class GetProgress implements Disposable {
  readonly #output: Output;
  readonly #names: readonly ContentName[];
  readonly #clock: Clock;
  readonly #total: Progress;
  readonly #from = new Map<string, Contribution>();
  #file: LargeFile | undefined;
  #size = 0;
  #done = 0;
  #files = 0;
  #bytes = 0;
  #fetched = 0;
  #cancel: (() => void) | undefined;

  /** @param names What is fetched. */
  constructor(
    output: Output,
    { names, clock = SYSTEM_CLOCK }: {
      names: readonly ContentName[];
      clock?: Clock;
    },
  ) {
    this.#output = output;
    this.#names = names;
    this.#clock = clock;
    this.#total = new Progress("all", output, {
      event: "progress-total",
      of: names.length,
      now: () => clock.now(),
    });
  }

  /** What came so far, and who gave how much of it. */
  get sum(): {
    files: number;
    of: number;
    bytes: number;
    fetched: number;
    from: ReadonlyMap<string, Contribution>;
  } {
    return {
      files: this.#files,
      of: this.#names.length,
      bytes: this.#bytes,
      fetched: this.#fetched,
      from: this.#from,
    };
  }

  /** It was found, and has so many bytes; from here on it is told how far it is. */
  found(bytes: number): void {
    this.#size = Math.max(this.#size, bytes);
    const [name] = this.#names;
    if (this.#isAlone) this.started(name!, bytes);
    this.#cancel ??= this.#wait();
  }

  /** A large file is begun. What is there of it already is not known yet. */
  started(name: ContentName, size: number): void {
    if (this.#file?.name === name) return;
    const of = new Progress(name, this.#output, {
      nth: this.#done + 1,
      of: this.#names.length,
      now: () => this.#clock.now(),
    });
    const state = { bytes: 0, size, sources: 0 };
    this.#file = { name, of, state, isKnown: false };
  }

  /** A file that was begun is so far. */
  update(state: ProgressState): void {
    const file = this.#file;
    if (!file) return;
    if (!file.isKnown) {
      file.isKnown = true;
      file.of.kept(state.bytes);
      this.#total.kept(state.bytes);
    }
    file.state = state;
    this.#tellFile();
  }

  /** A file has come, or was there. */
  add({ name, metadata, outcome, bytesFetched, from }: Fetched): void {
    if (name === this.#file?.name) this.#file = undefined;
    if (outcome !== "fetched") this.#total.kept(metadata.size);
    this.#files++;
    this.#bytes += metadata.size;
    this.#fetched += bytesFetched;
    for (const { peer, endpoint, bytes } of from) {
      const key = `${peer}\0${endpoint}`;
      const before = this.#from.get(key)?.bytes ?? 0;
      this.#from.set(key, { peer, endpoint, bytes: before + bytes });
    }
  }

  /** There is nothing more to tell of a file; whether all is `done` that can be. */
  ended(name: ContentName, { done }: { done: boolean }): void {
    if (done) this.#done++;
    if (name !== this.#file?.name) return;
    this.#total.kept(-this.#file.state.bytes);
    this.#file = undefined;
  }

  /** Tells nothing any more, until something is found again. */
  [Symbol.dispose](): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  get #isAlone(): boolean {
    return this.#names.length === 1;
  }

  #wait(): () => void {
    return this.#clock.after(TICK_MS, () => {
      this.#cancel = this.#wait();
      this.#tellFile();
      this.#tellTotal();
    });
  }

  get #bytesHere(): number {
    return this.#bytes + (this.#file?.state.bytes ?? 0);
  }

  #tellFile(): void {
    const file = this.#file;
    if (!file) return;
    const percent = Math.floor(100 * this.#bytesHere / this.#size);
    file.of.update(file.state, {
      more: this.#isAlone ? [] : [`all ${percent}%`],
    });
  }

  #tellTotal(): void {
    // A large file draws a line of its own, with the total in it.
    if (this.#isAlone || this.#file && !this.#output.json) return;
    const bytes = this.#bytesHere;
    const sources = this.#from.size;
    this.#total.update({ bytes, size: this.#size, sources }, {
      nth: this.#done,
    });
  }
}
