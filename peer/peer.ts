/**
 * A peer: it shares files, serves them, and fetches those of others.
 *
 * @module
 */

import type { PublicKey } from "../protocol/key.ts";
import { type ContentName, type PeerName, quote } from "../protocol/name.ts";
import { Arrivals } from "./arrivals.ts";
import type { ContentServer } from "./content_server.ts";
import {
  fetchContent,
  type Fetched,
  fetchMany,
  type FetchOptions,
  type FetchParts,
  type ManyFetchOptions,
  type Wish,
} from "./fetch.ts";
import type { LocalFile } from "./file_scan.ts";
import type { Hasher } from "./hasher.ts";
import type {
  IndexClient,
  RequestOptions,
  SearchQuery,
  SearchResult,
} from "./index_client.ts";
import type { Library, ReadOptions } from "./library.ts";
import type { ListEntry, ListPage } from "./listing.ts";
import { type OfferOptions, Offers, type Shared } from "./offers.ts";
import { PartSharing } from "./part_sharing.ts";
import type { PeerOptions } from "./peer_options.ts";
import { openPeerParts, type PeerParts } from "./peer_parts.ts";
import type { Registration, Session } from "./session.ts";
import type { SharedFolder } from "./shared_folder.ts";
import type { SharedContent, ShareTable } from "./share_table.ts";

export { DEFAULT_FOLDER } from "./peer_options.ts";
export type { OfferOptions, Shared } from "./offers.ts";
export type { PeerEvent, PeerOptions } from "./peer_options.ts";

/** What sharing can be told. */
export interface ShareOptions extends ReadOptions, OfferOptions {
  /** Told of each file or folder that cannot be shared. */
  readonly onSkipped?: ((path: string, reason: string) => void) | undefined;
}

/** What a download did, and what became of its registration. */
export interface Downloaded extends Fetched {
  /** Why the file could not be registered afterwards, if it could not. */
  readonly notRegistered?: Error;
}

/**
 * A peer, from its first hello to its goodbye.
 *
 * @example
 * ```ts ignore
 * await using peer = await Peer.open({
 *   index: { hostname: "192.0.2.1", port: 60000 },
 *   name: peerName("alice"),
 * });
 * await peer.share(["render.bin"]);
 * const { path } = await peer.download(contentName("scene.blend"));
 * ```
 */
export class Peer implements AsyncDisposable {
  /** The shared folder. */
  readonly folder: SharedFolder;
  readonly #owned: AsyncDisposableStack;
  readonly #shares: ShareTable;
  readonly #server: ContentServer;
  readonly #client: IndexClient;
  readonly #session: Session;
  readonly #offers: Offers;
  readonly #hasher: Hasher;
  readonly #library: Library;
  readonly #key: PublicKey;

  private constructor(parts: PeerParts) {
    this.#owned = parts.owned;
    this.folder = parts.folder;
    this.#shares = parts.shares;
    this.#server = parts.server;
    this.#client = parts.client;
    this.#session = parts.session;
    this.#offers = new Offers(parts);
    this.#hasher = parts.hasher;
    this.#library = parts.library;
    this.#key = parts.key;
  }

  /**
   * Opens the folder, starts to serve, and says hello to the index.
   *
   * @throws {Error} Where the folder or the port cannot be used.
   * @throws {IndexUnreachableError} Where the index does not answer.
   */
  static async open(options: PeerOptions): Promise<Peer> {
    return new Peer(await openPeerParts(options));
  }

  /** The user name that the next registration is made under. */
  get name(): PeerName {
    return this.#session.peer;
  }

  /** Where it serves. */
  get addr(): { readonly hostname: string; readonly port: number } {
    return this.#server.addr;
  }

  /** What it has registered. */
  registrations(): readonly Registration[] {
    return this.#session.registrations;
  }

  /** What it serves. */
  shared(): readonly SharedContent[] {
    return [...this.#offers];
  }

  /** Takes another user name. What was registered before keeps the old one. */
  rename(name: PeerName): void {
    this.#session.rename(name);
  }

  /** The files of the shared folder. */
  async files(): Promise<readonly LocalFile[]> {
    return (await this.folder.list()).files;
  }

  /** Everything that is on line and matches; see `IndexClient.list`. */
  async *online(
    { filter = "", signal }: RequestOptions & { filter?: string } = {},
  ): AsyncGenerator<ListEntry> {
    yield* await this.#client.list(filter, { signal });
  }

  /** One page of what is on line; see `IndexClient.page`. */
  onlinePage(
    filter: string,
    options: RequestOptions & { readonly cursor?: Uint8Array | undefined } = {},
  ): Promise<ListPage> {
    return this.#client.page(filter, options);
  }

  /** Searches for the sources of a content, by its name or what it is. */
  search(
    what: ContentName | SearchQuery,
    options: RequestOptions = {},
  ): Promise<SearchResult> {
    const query = typeof what === "string" ? { name: what } : what;
    return this.#client.search(query, options);
  }

  /**
   * Shares files and folders: reads, registers and serves them. What was shared
   * as an empty folder and is none any more is de-registered.
   *
   * @param paths Files and folders, here or anywhere.
   * @throws {Error} Where one of the paths cannot be shared at all, or the index
   * refuses every file.
   */
  async share(
    paths: readonly string[],
    options: ShareOptions = {},
  ): Promise<Shared[]> {
    const { signal, onSkipped } = options;
    const { files, skipped } = await this.folder.find(paths, { signal });
    for (const { path, reason } of skipped) {
      if (paths.includes(path)) {
        throw new Error(`Cannot share ${quote(path)}: ${reason}`);
      }
      onSkipped?.(path, reason);
    }
    const faults: unknown[] = [];
    const skip = (path: string, error: unknown) => {
      faults.push(error);
      onSkipped?.(path, error instanceof Error ? error.message : String(error));
    };
    const contents = await this.#library.readAll(
      files,
      ({ path }, error) => skip(path, error),
      options,
    );
    const shared = await this.#offers.addAll(
      contents,
      ({ path }, error) => skip(path, error),
      options,
    );
    if (shared.length === 0 && faults.length > 0) throw faults[0];
    await this.#offers.removeFilled(this.folder, files, { signal });
    // What a crashed run had left and is not shared now goes at once.
    await this.#session.renew({ signal });
    return shared;
  }

  /**
   * Registers a file of the shared folder and serves it.
   *
   * @throws {Error} Where there is no such file, or it cannot be read.
   * @throws {IndexError} Where the index refuses.
   */
  async register(
    name: ContentName,
    options: RequestOptions = {},
  ): Promise<void> {
    const file = await this.folder.file(name);
    if (!file) {
      throw new Error(
        `Cannot register ${
          quote(name)
        }: there is no such file in ${this.folder.path}`,
      );
    }
    await this.#offers.add(await this.#library.read(file, options), options);
  }

  /** De-registers a content, under every name that it was registered under. */
  async deregister(
    name: ContentName,
    options: RequestOptions = {},
  ): Promise<void> {
    await this.#offers.remove(name, options);
  }

  /**
   * Downloads a content, registers and serves it; while it comes, it serves the
   * pieces that are there.
   *
   * @param options.folder Where it is saved; the shared folder if left out.
   */
  async download(
    name: ContentName,
    options: FetchOptions & { folder?: SharedFolder } = {},
  ): Promise<Downloaded> {
    await using sharing = new PartSharing(name, {
      shares: this.#shares,
      session: this.#session,
    });
    const parts = this.#fetchParts(options.folder);
    const fetched = await fetchContent(name, parts, {
      ...options,
      onPart: (part) => sharing.begin(part),
    });
    if (fetched.outcome === "skipped") return fetched;
    try {
      await sharing.end();
      await this.#offers.add(fetched, options);
      return fetched;
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!(error instanceof Error)) throw error;
      return { ...fetched, notRegistered: error };
    }
  }

  /**
   * Downloads many contents, registers and serves them; see `download`.
   *
   * @param options.folder Where they are saved; the shared folder if left out.
   * @param options.onNotRegistered Told of each that is there, but could not be
   * registered.
   */
  async downloadMany(
    wishes: readonly Wish[],
    { folder, onNotRegistered, ...options }: ManyFetchOptions & {
      folder?: SharedFolder | undefined;
      onNotRegistered: (name: ContentName, error: Error) => void;
    },
  ): Promise<void> {
    await using arrivals = new Arrivals({
      shares: this.#shares,
      session: this.#session,
      offers: this.#offers,
      onNotRegistered,
      signal: options.signal,
    });
    await fetchMany(wishes, this.#fetchParts(folder), {
      ...options,
      onPart: (part) => arrivals.begin(part),
      onOutcome: (outcome) => {
        options.onOutcome(outcome);
        if ("fetched" in outcome) arrivals.add(outcome.fetched);
      },
    });
    await arrivals.settle();
  }

  /** De-registers everything and ends what serves. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned.disposeAsync();
  }

  #fetchParts(folder = this.folder): FetchParts {
    return {
      client: this.#client,
      folder,
      hasher: this.#hasher,
      peer: this.name,
      self: { port: this.addr.port, key: this.#key },
    };
  }
}
