/**
 * An index, peers and a page in this process, for tests that ask the page.
 *
 * @module
 */

import { IndexServer } from "../../../index/server.ts";
import { Peer } from "../../../peer/peer.ts";
import { PeerPage } from "../../../peer/web/peer_page.ts";
import { peerName } from "../../../protocol/name.ts";
import { type TempDir, tempDir } from "../../permission.ts";

/** What a test of the page needs to be allowed. */
export const SITE = { net: true, read: true, write: true } as const;

/** An index, peers and the page of the first of them. */
export class PageSite implements AsyncDisposable {
  readonly #owned: AsyncDisposableStack;
  readonly #dir: TempDir;
  readonly index: IndexServer;

  private constructor(
    owned: AsyncDisposableStack,
    parts: { dir: TempDir; index: IndexServer },
  ) {
    this.#owned = owned;
    this.#dir = parts.dir;
    this.index = parts.index;
  }

  /** Starts an index. */
  static async start(): Promise<PageSite> {
    await using owned = new AsyncDisposableStack();
    const dir = owned.use(await tempDir());
    const index = owned.use(
      await IndexServer.start({ hostname: "127.0.0.1", port: 0 }),
    );
    return new PageSite(owned.move(), { dir, index });
  }

  /** Opens a peer with these files in its folder. */
  async peer(
    name: string,
    files: Readonly<Record<string, string | Uint8Array>> = {},
  ): Promise<Peer> {
    const dir = `${this.#dir.path}/${name}`;
    for (const [file, content] of Object.entries(files)) {
      const path = `${dir}/${file}`;
      await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), {
        recursive: true,
      });
      if (typeof content === "string") await Deno.writeTextFile(path, content);
      else await Deno.writeFile(path, content);
    }
    return this.#owned.use(
      await Peer.open({
        index: this.index.addr,
        hostname: "127.0.0.1",
        name: peerName(name),
        dir,
      }),
    );
  }

  /** Opens the page of a peer. */
  async page(peer: Peer): Promise<PeerPage> {
    const { hostname, port } = this.index.addr;
    return this.#owned.use(
      await PeerPage.open(peer, {
        index: `${hostname}:${port}`,
        pauseMs: 100,
        onFault: (error) => {
          throw error;
        },
      }),
    );
  }

  /** Ends everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned.disposeAsync();
  }
}

/** A browser without a screen: it goes through the address and asks the page. */
export class Visitor {
  readonly origin: string;
  readonly cookie: string;
  readonly token: string;

  private constructor(origin: string, cookie: string, token: string) {
    this.origin = origin;
    this.cookie = cookie;
    this.token = token;
  }

  /** Goes through a one-time address. */
  static async enter(address: string): Promise<Visitor> {
    const response = await fetch(address);
    const text = await response.text();
    const token = text.match(/peerdex-token" content="([\w-]+)"/)?.[1];
    const [cookie] = response.headers.getSetCookie();
    if (!token || !cookie) throw new Error(`Cannot enter: ${text}`);
    return new Visitor(new URL(address).origin, cookie.split(";")[0]!, token);
  }

  /** The headers that the page itself would send. */
  get headers(): Record<string, string> {
    return {
      cookie: this.cookie,
      origin: this.origin,
      "sec-fetch-site": "same-origin",
      "x-peerdex-token": this.token,
    };
  }

  /** Asks, and gives the status and what it says. */
  async ask<T = Record<string, unknown>>(
    method: string,
    path: string,
    { body, headers = {} }: {
      body?: BodyInit | object;
      headers?: Record<string, string>;
    } = {},
  ): Promise<{ status: number; value: T; text: string }> {
    const isPlain = body !== undefined && !(body instanceof Uint8Array) &&
      typeof body !== "string";
    const response = await fetch(`${this.origin}${path}`, {
      method,
      headers: {
        ...this.headers,
        ...(isPlain && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined &&
        { body: isPlain ? JSON.stringify(body) : body as BodyInit }),
    });
    const text = await response.text();
    const value = text.startsWith("{") ? JSON.parse(text) : undefined;
    return { status: response.status, value, text };
  }

  /** Listens to events until one is as wanted. */
  async until<T>(
    event: string,
    isWanted: (value: T) => boolean,
  ): Promise<T> {
    const end = new AbortController();
    const response = await fetch(`${this.origin}/api/events`, {
      headers: this.headers,
      signal: AbortSignal.any([end.signal, AbortSignal.timeout(180_000)]),
    });
    try {
      let rest = "";
      const texts = response.body!.pipeThrough(new TextDecoderStream());
      for await (const text of texts) {
        const blocks = (rest + text).split("\n\n");
        rest = blocks.pop()!;
        for (const block of blocks) {
          const found = block.match(/^event: (.*)\ndata: (.*)$/);
          if (found?.[1] !== event) continue;
          const value: T = JSON.parse(found[2]!);
          if (isWanted(value)) return value;
        }
      }
      throw new Error(`Cannot see ${event} as wanted: the events ended`);
    } finally {
      end.abort();
    }
  }
}
