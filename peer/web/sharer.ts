/**
 * Shares files of the folder for the page, and tells how far their reading is.
 *
 * @module
 */

import { type ContentName, quote } from "../../protocol/name.ts";
import type { Peer } from "../peer.ts";
import { messageOf } from "./message_of.ts";

/** What became of files that were to be shared. */
export interface ShareOutcome {
  /** How many are shared now. */
  readonly shared: number;
  /** Why others are not, one sentence each; the first few. */
  readonly problems: readonly string[];
}

/** How far the reading of a file is. */
export interface Reading {
  readonly name: ContentName;
  /** Bytes that were read. */
  readonly bytes: number;
  readonly size: number;
}

/** What {@linkcode Sharer} is told. */
export interface SharerOptions {
  /** Ends all sharing. */
  readonly signal: AbortSignal;
  /** Is told when a reading has gone on. */
  readonly onReading: () => void;
  /** Is told when a sharing has come to its end. */
  readonly onEnd: () => void;
}

/** Problems that are told one by one. */
const MAX_PROBLEMS = 10;

/** Shares files, and knows which are being read. */
export class Sharer {
  readonly #peer: Peer;
  readonly #options: SharerOptions;
  readonly #readings = new Map<ContentName, Reading>();

  /** @param peer Used, and not owned. */
  constructor(peer: Peer, options: SharerOptions) {
    this.#peer = peer;
    this.#options = options;
  }

  /** The files that are being read. */
  readings(): Reading[] {
    return [...this.#readings.values()];
  }

  /** Shares all files of the folder. */
  shareAll(): Promise<ShareOutcome> {
    return this.#share([this.#peer.folder.path], []);
  }

  /** Shares files of the folder by their names. */
  async share(names: readonly ContentName[]): Promise<ShareOutcome> {
    const paths: string[] = [];
    const problems: string[] = [];
    for (const name of names) {
      const file = await this.#peer.folder.file(name);
      if (file) paths.push(file.path);
      else problems.push(`Cannot share ${quote(name)}: it is not there`);
    }
    if (paths.length === 0) return { shared: 0, problems };
    return await this.#share(paths, problems);
  }

  async #share(paths: string[], problems: string[]): Promise<ShareOutcome> {
    const { signal, onReading, onEnd } = this.#options;
    const reading = new Set<ContentName>();
    let shared = 0;
    const skip = (text: string) => {
      if (problems.length < MAX_PROBLEMS) problems.push(text);
    };
    try {
      const done = await this.#peer.share(paths, {
        signal,
        onHashed: (name, bytes, size) => {
          reading.add(name);
          if (bytes < size) this.#readings.set(name, { name, bytes, size });
          else this.#readings.delete(name);
          onReading();
        },
        onSkipped: (path, reason) =>
          skip(`Cannot share ${quote(path)}: ${reason}`),
      });
      shared = done.length;
    } catch (error) {
      signal.throwIfAborted();
      if (problems.length === 0) skip(messageOf(error));
    } finally {
      for (const name of reading) this.#readings.delete(name);
      onReading();
      onEnd();
    }
    return { shared, problems };
  }
}
