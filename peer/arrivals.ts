/**
 * What becomes of downloads once they arrive: they are registered and served,
 * many together.
 *
 * @module
 */

import type { ContentName } from "../protocol/name.ts";
import type { Fetched } from "./fetch.ts";
import type { Offers } from "./offers.ts";
import { lookAtSync } from "./own_file.ts";
import { PartSharing } from "./part_sharing.ts";
import { asSaved } from "./present_file.ts";
import type { Session } from "./session.ts";
import type { SharedContent, ShareTable } from "./share_table.ts";

/** What arrivals are registered with. */
export interface ArrivalsOptions {
  readonly shares: ShareTable;
  readonly session: Session;
  readonly offers: Offers;
  /** Told of each that is there, but could not be registered. */
  readonly onNotRegistered: (name: ContentName, error: Error) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Downloads that are registered in one go. */
const REGISTERED_TOGETHER = 512;

/** Registers downloads, and before that what has come of those that last. */
export class Arrivals implements AsyncDisposable {
  readonly #options: ArrivalsOptions;
  readonly #sharings = new AsyncDisposableStack();
  readonly #parts = new Map<ContentName, PartSharing>();
  #fetched: Fetched[] = [];
  #registering: Promise<void> = Promise.resolve();

  /** Registers nothing before anything comes. */
  constructor(options: ArrivalsOptions) {
    this.#options = options;
  }

  /** Serves the pieces of a download that are there, while it comes. */
  begin(part: SharedContent): void {
    const sharing = this.#sharings.use(
      new PartSharing(part.name, this.#options),
    );
    this.#parts.set(part.name, sharing);
    sharing.begin(part);
  }

  /** Takes a download that is done. What was there already is left as it is. */
  add(fetched: Fetched): void {
    if (fetched.outcome === "skipped") return;
    this.#fetched.push(fetched);
    const isLarge = this.#parts.has(fetched.name);
    if (isLarge || this.#fetched.length >= REGISTERED_TOGETHER) {
      this.#register();
    }
  }

  /**
   * Registers what is left.
   *
   * @throws Where the index does not answer.
   */
  async settle(): Promise<void> {
    this.#register();
    await this.#registering;
  }

  /** Serves no longer what has not come whole. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sharings.disposeAsync();
  }

  #register(): void {
    const fetched = this.#fetched;
    this.#fetched = [];
    this.#registering = this.#registering.then(async () => {
      for (const { name } of fetched) await this.#parts.get(name)?.end();
      await this.#offer(fetched);
    });
    // Its failure is met at the end; until then nobody waits for it.
    this.#registering.catch(() => {});
  }

  async #offer(fetched: readonly Fetched[]): Promise<void> {
    const { offers, onNotRegistered, signal } = this.#options;
    const contents = fetched.map(({ name, path, metadata, pieceHashes }) => ({
      ...{ name, path, pieceHashes },
      // A file system may keep less of a time than it was told.
      metadata: asSaved(metadata, lookAtSync(path)),
    }));
    await offers.addAll(contents, ({ name }, error) => {
      if (error instanceof Error) onNotRegistered(name, error);
    }, { signal });
  }
}
