/**
 * The files of the shared folder, as they were a moment ago: a large folder is
 * not looked through for every page of it.
 *
 * @module
 */

import { type Clock, SYSTEM_CLOCK } from "../clock.ts";
import type { LocalFile } from "../file_scan.ts";
import type { SharedFolder } from "../shared_folder.ts";

/** How long a look is good for, in milliseconds; and so many times what it took. */
const GOOD_MS = 1_000;
const GOOD_TIMES = 10;

/** Looks through a folder now and then. */
export class FolderGlance {
  readonly #folder: Pick<SharedFolder, "list">;
  readonly #clock: Clock;
  #last: Promise<readonly LocalFile[]> | undefined;
  #goodUntil = Infinity;

  /** @param folder Used, and not owned. */
  constructor(
    folder: Pick<SharedFolder, "list">,
    { clock = SYSTEM_CLOCK }: { clock?: Clock } = {},
  ) {
    this.#folder = folder;
    this.#clock = clock;
  }

  /** The files, in the order of their names. */
  files(): Promise<readonly LocalFile[]> {
    if (!this.#last || this.#clock.now() > this.#goodUntil) {
      this.#last = this.#look();
    }
    return this.#last;
  }

  /** Looks again the next time: something was done. */
  forget(): void {
    this.#last = undefined;
  }

  async #look(): Promise<readonly LocalFile[]> {
    const started = this.#clock.now();
    this.#goodUntil = Infinity;
    try {
      const { files } = await this.#folder.list();
      const now = this.#clock.now();
      this.#goodUntil = now + Math.max(GOOD_MS, GOOD_TIMES * (now - started));
      return files;
    } catch (error) {
      this.forget();
      throw error;
    }
  }
}
