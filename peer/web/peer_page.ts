/**
 * A peer's page in the browser, for the user of this machine alone.
 *
 * @module
 */

import { EventChannel } from "../../web/event_channel.ts";
import { refusal, WebServer } from "../../web/web_server.ts";
import type { Peer, PeerEvent } from "../peer.ts";
import { Api } from "./api.ts";
import { enterAnswer, lockedAnswer, mainAnswer, PAGE_FILES } from "./assets.ts";
import { DownloadQueue } from "./download_queue.ts";
import { FolderGlance } from "./folder_glance.ts";
import { Gate } from "./gate.ts";
import { LiveViews } from "./live_views.ts";
import { messageOf } from "./message_of.ts";
import { removeLeftovers } from "./receive_file.ts";
import { Sharer } from "./sharer.ts";
import { Throttle } from "./throttle.ts";

/** How a page is opened. */
export interface PeerPageOptions {
  /** The TCP port of the page, 0 for any, which is the default. */
  readonly port?: number | undefined;
  /** The index, as it is shown. */
  readonly index: string;
  /** Is told of faults that are nobody's but this program's. */
  readonly onFault?: ((error: unknown) => void) | undefined;
  /** The pause between two looks for changes, in milliseconds; 3,000 if left out. */
  readonly pauseMs?: number | undefined;
}

/** Between two events of the same kind, in milliseconds. */
const EVENT_MS = 200;

/** Never anything else: the page is for whoever sits here. */
const LOOPBACK = "127.0.0.1";

/**
 * The page of a peer.
 *
 * @example
 * ```ts ignore
 * await using page = await PeerPage.open(peer, { index: "192.0.2.1:60000" });
 * console.log(page.newAddress());
 * ```
 */
export class PeerPage implements AsyncDisposable {
  readonly #peer: Peer;
  readonly #index: string;
  readonly #owned: AsyncDisposableStack;
  readonly #events: EventChannel;
  readonly #gate: Gate;
  readonly #api: Api;
  /** What the index has said wrong, if anything. */
  #problem: string | null = null;

  private constructor(
    peer: Peer,
    { index, pauseMs, server, owned }: PeerPageOptions & {
      readonly server: WebServer;
      readonly owned: AsyncDisposableStack;
    },
  ) {
    this.#peer = peer;
    this.#index = index;
    this.#owned = owned;
    const events = owned.use(new EventChannel());
    const views = owned.use(
      new LiveViews({
        isWanted: () => events.size > 0,
        onChange: (view) => events.send("changed", { view }),
        pauseMs,
      }),
    );
    const glance = new FolderGlance(peer.folder);
    const throttle = (send: () => void) =>
      owned.use(new Throttle(EVENT_MS, send));
    const downloading = throttle(() =>
      events.send("downloads", downloads.list())
    );
    const downloads: DownloadQueue = owned.use(
      new DownloadQueue({
        peer,
        onChange: () => downloading.call(),
        onEnd: () => {
          glance.forget();
          views.hurry();
        },
      }),
    );
    const end = new AbortController();
    owned.defer(() => end.abort());
    const reading = throttle(() => events.send("readings", sharer.readings()));
    const sharer: Sharer = new Sharer(peer, {
      signal: end.signal,
      onReading: () => reading.call(),
      onEnd: () => views.hurry(),
    });
    const { hostname, port } = server.addr;
    const gate = new Gate(
      `http://${hostname}:${port}`,
      (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
    );
    this.#api = new Api({
      ...{ peer, downloads, sharer, glance, views, events },
      status: () => this.#status(),
      newAddress: () => gate.newAddress(),
    });
    this.#events = events;
    this.#gate = gate;
  }

  /**
   * Opens the page of a peer, which is not owned.
   *
   * @throws {Error} Where the port cannot be had.
   */
  static async open(peer: Peer, options: PeerPageOptions): Promise<PeerPage> {
    await using owned = new AsyncDisposableStack();
    await removeLeftovers(peer.folder);
    const server: WebServer = owned.use(
      new WebServer({
        hostname: LOOPBACK,
        port: options.port ?? 0,
        isAllowedHost: (host, port) => host === `${LOOPBACK}:${port}`,
        handle: (request) => page.#answer(request),
        onFault: options.onFault,
      }),
    );
    const page = new PeerPage(peer, {
      ...options,
      server,
      owned: owned.move(),
    });
    return page;
  }

  /** A new address of the page, which is good for one use. */
  newAddress(): string {
    return this.#gate.newAddress();
  }

  /** Tells the page what has happened to the peer. */
  tell(event: PeerEvent): void {
    if (event.type === "lost") this.#problem = messageOf(event.error);
    if (event.type === "back") this.#problem = null;
    this.#events.send("status", this.#status());
  }

  /** Closes the page; downloads stop, and what was verified of them is kept. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned.disposeAsync();
  }

  #status(): unknown {
    const { name, addr, folder } = this.#peer;
    return {
      ...{ peer: name, port: addr.port, folder: folder.path },
      index: this.#index,
      problem: this.#problem,
    };
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith("/api/")) {
      return this.#gate.refuse(request) ??
        await this.#api.answer(request, pathname.slice("/api/".length));
    }
    if (request.method !== "GET" && request.method !== "HEAD") {
      return refusal(405, "This can only be read");
    }
    const file = PAGE_FILES.answer(pathname);
    if (file) return file;
    if (pathname.startsWith("/enter/") && request.method === "GET") {
      const session = this.#gate.enter(pathname.slice("/enter/".length));
      return session
        ? enterAnswer(session.token, session.cookie)
        : lockedAnswer();
    }
    if (pathname !== "/") return refusal(404, "There is nothing of that name");
    return this.#gate.isKnown(request) ? mainAnswer() : lockedAnswer();
  }
}
