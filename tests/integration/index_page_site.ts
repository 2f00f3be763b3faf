/**
 * An index with its status page, and peers that are there by what they register
 * alone.
 *
 * @module
 */

import {
  StatusServer,
  type StatusServerOptions,
} from "../../index/web/status_server.ts";
import { IndexServer, type IndexServerOptions } from "../../index/server.ts";
import { IndexClient } from "../../peer/index_client.ts";
import type { Metadata } from "../../protocol/metadata.ts";
import { type ContentName, peerName } from "../../protocol/name.ts";
import type { Port } from "../../protocol/address.ts";
import { metadataOf } from "../index/test_peer.ts";
import { FakeClock } from "../peer/fake_clock.ts";

const HERE = { hostname: "127.0.0.1", port: 0 };

/** An index, its page, and who registers there. */
export class IndexPageSite implements AsyncDisposable {
  readonly index: IndexServer;
  readonly page: StatusServer;
  readonly #clients = new Map<string, IndexClient>();

  private constructor(index: IndexServer, page: StatusServer) {
    this.index = index;
    this.page = page;
  }

  /** Starts both on free ports of this host. */
  static async start(
    { index: indexOptions, ...pageOptions }:
      & Partial<StatusServerOptions>
      & { readonly index?: IndexServerOptions } = {},
  ): Promise<IndexPageSite> {
    const index = await IndexServer.start({
      ...HERE,
      // Nobody renews them: none shall run out while a slow browser looks.
      lease: { standard: 3_600 },
      ...indexOptions,
    });
    const page = StatusServer.start(index, { ...HERE, ...pageOptions });
    return new IndexPageSite(index, page);
  }

  /** The client of a peer. */
  async client(peer: string): Promise<IndexClient> {
    const known = this.#clients.get(peer);
    if (known) return known;
    const client = await IndexClient.open({
      index: this.index.addr,
      peer: peerName(peer),
      // However late it is answered, it asks once: what was asked is counted.
      clock: new FakeClock(),
    });
    this.#clients.set(peer, client);
    return client;
  }

  /** Registers a content as it stands: what a real client would refuse, too. */
  async share(
    peer: string,
    name: string,
    metadata: Partial<Metadata> = {},
  ): Promise<void> {
    const client = await this.client(peer);
    await client.register({
      peer: peerName(peer),
      name: name as ContentName,
      port: 6_000 as Port,
      metadata: metadataOf(metadata),
    });
  }

  /** Asks for a path of the page. */
  fetch(path: string, init?: RequestInit): Promise<Response> {
    return fetch(new URL(path, this.page.url), init);
  }

  /** Stops all of it. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients.values()) {
      await client[Symbol.asyncDispose]();
    }
    await this.page[Symbol.asyncDispose]();
    await this.index[Symbol.asyncDispose]();
  }
}
