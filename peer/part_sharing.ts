/**
 * What is being downloaded is shared while it comes, so that a crowd that wants
 * the same content serves itself.
 *
 * @module
 */

import type { ContentName } from "../protocol/name.ts";
import type { Session } from "./session.ts";
import type { SharedContent, ShareTable } from "./share_table.ts";

/** Shares one content as long as it is downloaded. */
export class PartSharing implements AsyncDisposable {
  readonly #name: ContentName;
  readonly #shares: ShareTable;
  readonly #session: Session;
  #part: SharedContent | undefined;
  #before: SharedContent | undefined;
  #registering: Promise<void> | undefined;

  /** Shares nothing before it is told to begin. */
  constructor(
    name: ContentName,
    { shares, session }: { shares: ShareTable; session: Session },
  ) {
    this.#name = name;
    this.#shares = shares;
    this.#session = session;
  }

  /** Serves the pieces that are there, and registers as a partial source. */
  begin(part: SharedContent): void {
    if (!this.#part) this.#before = this.#shares.get(this.#name);
    this.#part = part;
    this.#shares.add(part);
    // Nothing is lost where the index refuses: the download goes on.
    this.#registering = this.#session.register(part).catch(() => {});
  }

  /** Ends, because the whole content is shared from now on. */
  async end(): Promise<void> {
    await this.#registering;
    this.#part = undefined;
  }

  /** Shares again what was shared before, where it was not ended otherwise. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#registering;
    if (!this.#part || this.#shares.get(this.#name) !== this.#part) return;
    this.#part = undefined;
    if (this.#before) {
      this.#shares.add(this.#before);
      await this.#session.register(this.#before).catch(() => {});
    } else {
      this.#shares.remove(this.#name);
      await this.#session.deregister(this.#name).catch(() => {});
    }
  }
}
