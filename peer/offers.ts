/**
 * What a peer offers: registered at the index and served, both or neither.
 *
 * @module
 */

import {
  type ContentName,
  isFolderName,
  type PeerName,
} from "../protocol/name.ts";
import type { LocalFile } from "./file_scan.ts";
import type { RequestOptions } from "./index_client.ts";
import { NotFoundError } from "./index_error.ts";
import type { Session } from "./session.ts";
import type { SharedFolder } from "./shared_folder.ts";
import type { SharedContent, ShareTable } from "./share_table.ts";

/** A content that is registered and served. */
export interface Shared extends SharedContent {
  /** The user name that it is registered under. */
  readonly peer: PeerName;
}

/** What registering many can be told. */
export interface OfferOptions extends RequestOptions {
  /** Told of each file once it is registered. */
  readonly onShared?: ((shared: Shared) => void) | undefined;
}

/** Keeps the table of what is served and the registrations alike. */
export class Offers implements Iterable<SharedContent> {
  readonly #shares: ShareTable;
  readonly #session: Session;

  /** Works with these, neither of which it owns. */
  constructor(
    { shares, session }: {
      readonly shares: ShareTable;
      readonly session: Session;
    },
  ) {
    this.#shares = shares;
    this.#session = session;
  }

  [Symbol.iterator](): Iterator<SharedContent> {
    return this.#shares[Symbol.iterator]();
  }

  /**
   * Offers a content; where the index refuses, what was offered before stays.
   *
   * @throws {IndexError} Where the index refuses.
   */
  async add(
    content: SharedContent,
    { signal }: RequestOptions,
  ): Promise<void> {
    const takeBack = this.#serve(content);
    try {
      await this.#session.register(content, { signal });
    } catch (error) {
      takeBack();
      throw error;
    }
  }

  /**
   * Offers many contents; of those that the index does not take, what was
   * offered before stays.
   *
   * @param skip Told of each that the index refuses.
   * @returns Those that it took.
   */
  async addAll(
    contents: readonly SharedContent[],
    skip: (content: SharedContent, error: unknown) => void,
    { signal, onShared }: OfferOptions,
  ): Promise<Shared[]> {
    const { peer } = this.#session;
    const shared: Shared[] = [];
    const asked = new Map(
      contents.map((content) => [content, this.#serve(content)]),
    );
    try {
      await this.#session.registerAll(contents, {
        signal,
        onResult: ({ item: content, error }) => {
          if (error) {
            asked.get(content)!();
            skip(content, error);
          } else {
            shared.push({ ...content, peer });
            onShared?.({ ...content, peer });
          }
          asked.delete(content);
        },
      });
    } finally {
      // Where the index does not answer any more.
      for (const takeBack of asked.values()) takeBack();
    }
    return shared;
  }

  /**
   * Offers a content no longer, whatever user name it was registered under.
   *
   * @throws {NotFoundError} Where the index has no such registration.
   */
  async remove(name: ContentName, options: RequestOptions): Promise<void> {
    await this.#session.deregister(name, options);
    this.#shares.remove(name);
  }

  /**
   * Serves a content.
   *
   * @returns What serves again what was served before, unless that was changed
   * since.
   */
  #serve(content: SharedContent): () => void {
    const { name } = content;
    const before = this.#shares.get(name);
    this.#shares.add(content);
    return () => {
      if (this.#shares.get(name) !== content) return;
      if (before) this.#shares.add(before);
      else this.#shares.remove(name);
    };
  }

  /** Offers no longer what was an empty folder and is none any more. */
  async removeFilled(
    folder: SharedFolder,
    found: readonly LocalFile[],
    options: RequestOptions,
  ): Promise<void> {
    const stillEmpty = new Set(found.map(({ name }) => name));
    for (const { name, path } of [...this]) {
      if (!isFolderName(name) || stillEmpty.has(name)) continue;
      if (await folder.isEmptyFolder(path)) continue;
      try {
        await this.remove(name, options);
      } catch (error) {
        if (!(error instanceof NotFoundError)) throw error;
      }
    }
  }
}
