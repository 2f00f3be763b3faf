/**
 * A peer: it shares files, serves them, and fetches those of others.
 *
 * @module
 */

import {
  type ContentName,
  type PeerName,
  peerName,
  quote,
} from "../protocol/name.ts";
import { ContentServer } from "./content_server.ts";
import { DigestCache } from "./digest_cache.ts";
import { fetchContent, type Fetched, type FetchOptions } from "./fetch.ts";
import type { LocalFile } from "./file_scan.ts";
import {
  answerForgetRequests,
  type ForgetFault,
  type ForgetFaults,
} from "./forget_request.ts";
import { Hasher } from "./hasher.ts";
import { NotFoundError } from "./index_error.ts";
import { type Identity, loadIdentity } from "./identity.ts";
import {
  IndexClient,
  type RequestOptions,
  type SearchQuery,
  type SearchResult,
} from "./index_client.ts";
import { Library, type ReadOptions } from "./library.ts";
import type { ListEntry, ListPage } from "./listing.ts";
import { PartSharing } from "./part_sharing.ts";
import { type Registration, Session, type SessionEvent } from "./session.ts";
import { SharedFolder } from "./shared_folder.ts";
import { type SharedContent, ShareTable } from "./share_table.ts";
import { staleNotice } from "./stale_notice.ts";
import { openStateFolder } from "./state_folder.ts";

/** How a peer is opened. */
export interface PeerOptions extends RequestOptions {
  /** The index's host and UDP port. */
  readonly index: { readonly hostname: string; readonly port: number };
  /** The user name; one made from the key if left out. */
  readonly name?: PeerName | undefined;
  /** The address to serve on; every one if left out. */
  readonly hostname?: string | undefined;
  /** The TCP port to serve on, 0 for any, which is the default. */
  readonly port?: number | undefined;
  /** The shared folder; `./Peer_Files` if left out. It is made when it is not there. */
  readonly dir?: string | undefined;
  /** Bytes per second of all that is sent; no limit if left out. */
  readonly limitUp?: number | undefined;
  /** Clients that are sent content at once; 64 if left out. */
  readonly maxUploads?: number | undefined;
  /** Connections to the content server at once; 256 if left out. */
  readonly maxConnections?: number | undefined;
  /** Told of what happens by itself. */
  readonly onEvent?: ((event: PeerEvent) => void) | undefined;
}

/** What happens to a peer by itself. */
export type PeerEvent =
  | SessionEvent
  /** The peer has no lasting key, so it cannot take its registrations over after a restart. */
  | { readonly type: "no-key"; readonly reason: string }
  /**
   * A content was asked for and cannot be served: its file has changed since it
   * was shared, or cannot be read. Told once, until it is shared again.
   */
  | {
    readonly type: "stale";
    readonly name: ContentName;
    readonly error: "CHANGED" | "UNREADABLE";
  };

/** What sharing can be told. */
export interface ShareOptions extends ReadOptions {
  /** Told of each file once it is registered. */
  readonly onShared?: ((shared: Shared) => void) | undefined;
  /** Told of each file or folder that cannot be shared. */
  readonly onSkipped?: ((path: string, reason: string) => void) | undefined;
}

/** A content that is registered and served. */
export interface Shared extends SharedContent {
  /** The user name that it is registered under. */
  readonly peer: PeerName;
}

/** What a download did, and what became of its registration. */
export interface Downloaded extends Fetched {
  /** Why the file could not be registered afterwards, if it could not. */
  readonly notRegistered?: Error;
}

/** The folder that is shared where none is named. */
export const DEFAULT_FOLDER = "./Peer_Files";

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
  readonly #hasher: Hasher;
  readonly #library: Library;

  private constructor(
    parts: {
      owned: AsyncDisposableStack;
      folder: SharedFolder;
      shares: ShareTable;
      server: ContentServer;
      client: IndexClient;
      session: Session;
      hasher: Hasher;
      library: Library;
    },
  ) {
    this.#owned = parts.owned;
    this.folder = parts.folder;
    this.#shares = parts.shares;
    this.#server = parts.server;
    this.#client = parts.client;
    this.#session = parts.session;
    this.#hasher = parts.hasher;
    this.#library = parts.library;
  }

  /**
   * Opens the folder, starts to serve, and says hello to the index.
   *
   * @throws {Error} Where the folder or the port cannot be used.
   * @throws {IndexUnreachableError} Where the index does not answer.
   */
  static async open(options: PeerOptions): Promise<Peer> {
    const { index, signal, onEvent } = options;
    await using owned = new AsyncDisposableStack();
    const folder = await SharedFolder.open(options.dir ?? DEFAULT_FOLDER);
    const state = owned.use(await openStateFolder(folder.path));
    if (state.fault) onEvent?.({ type: "no-key", reason: state.reason });
    const identity = await loadIdentity(state);
    const cache = owned.use(await DigestCache.open(state));
    const hasher = owned.use(new Hasher({ hereBytes: 8 * 2 ** 20 }));
    const shares = new ShareTable();
    const server = owned.use(
      await ContentServer.listen({
        shares,
        hostname: options.hostname,
        port: options.port ?? 0,
        limitUp: options.limitUp,
        maxUploads: options.maxUploads,
        maxConnections: options.maxConnections,
        onEvent: staleNotice(shares, onEvent),
      }),
    );
    const name = options.name ?? nameOf(identity);
    const client = owned.use(
      await IndexClient.open({ index, peer: name, signer: identity, signal }),
    );
    const { port } = server.addr;
    const session = owned.use(
      await Session.open(client, { peer: name, port, signal, onEvent }),
    );
    const library = new Library(cache, hasher);
    const deregister = async (name: ContentName) => {
      await session.deregister(name);
      shares.remove(name);
    };
    if (!state.fault) {
      owned.use(await answerForgetRequests(state.path, forgetting(deregister)));
    }
    return new Peer({
      ...{ folder, shares, server, client, session, hasher, library },
      owned: owned.move(),
    });
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
    return [...this.#shares];
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
   * Shares files and folders: reads, registers and serves them.
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
    const shared = await this.#register(contents, skip, options);
    if (shared.length === 0 && faults.length > 0) throw faults[0];
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
    await this.#share(await this.#library.read(file, options), options);
  }

  /** De-registers a content, under every name that it was registered under. */
  async deregister(
    name: ContentName,
    options: RequestOptions = {},
  ): Promise<void> {
    await this.#session.deregister(name, options);
    this.#shares.remove(name);
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
    const fetched = await fetchContent(name, {
      client: this.#client,
      folder: options.folder ?? this.folder,
      hasher: this.#hasher,
      peer: this.name,
      ownPort: this.addr.port,
    }, { ...options, onPart: (part) => sharing.begin(part) });
    if (fetched.outcome === "skipped") return fetched;
    try {
      await sharing.end();
      await this.#share(fetched, options);
      return fetched;
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!(error instanceof Error)) throw error;
      return { ...fetched, notRegistered: error };
    }
  }

  /** De-registers everything and ends what serves. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned.disposeAsync();
  }

  async #share(
    content: SharedContent,
    { signal }: RequestOptions,
  ): Promise<void> {
    const before = this.#shares.get(content.name);
    this.#shares.add(content);
    try {
      await this.#session.register(content, { signal });
    } catch (error) {
      if (before) this.#shares.add(before);
      else this.#shares.remove(content.name);
      throw error;
    }
  }

  async #register(
    contents: readonly SharedContent[],
    skip: (path: string, error: unknown) => void,
    { signal, onShared }: ShareOptions,
  ): Promise<Shared[]> {
    const peer = this.name;
    const shared: Shared[] = [];
    for (const content of contents) this.#shares.add(content);
    await this.#session.registerAll(contents, {
      signal,
      onResult: ({ item, error }) => {
        const content = this.#shares.get(item.name)!;
        if (error) {
          this.#shares.remove(item.name);
          skip(content.path, error);
        } else {
          shared.push({ ...content, peer });
          onShared?.({ ...content, peer });
        }
      },
    });
    return shared;
  }
}

/** Answers requests to forget, with the reason where one could not be done. */
function forgetting(
  deregister: (name: ContentName) => Promise<void>,
): (names: ContentName[]) => Promise<ForgetFaults> {
  return async (names) => {
    const faults: Record<string, ForgetFault> = {};
    for (const name of names) {
      try {
        await deregister(name);
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        faults[name] = { message, notFound: error instanceof NotFoundError };
      }
    }
    return faults;
  };
}

/** A user name for who did not choose one: the same as long as the key is. */
function nameOf({ key }: Identity): PeerName {
  return peerName(`peer-${key.subarray(0, 4).toHex()}`);
}
