/**
 * A source between a peer and the index that it does not know: it hands on what
 * that peer sends, up to a point, and the rest when it is told to.
 *
 * @module
 */

import { IndexClient } from "../../peer/index_client.ts";
import type { Peer } from "../../peer/peer.ts";
import { peerName } from "../../protocol/name.ts";

/** A source that stops in the middle until it is released. */
export class HeldSource implements AsyncDisposable {
  readonly #listener: Deno.TcpListener;
  readonly #target: { readonly hostname: string; readonly port: number };
  readonly #connections = new Set<Deno.TcpConn>();
  readonly #running: Promise<void>[] = [];
  readonly #client: IndexClient;
  readonly #released = Promise.withResolvers<void>();
  #left: number;

  private constructor(
    target: Peer,
    { client, bytes }: { client: IndexClient; bytes: number },
  ) {
    this.#target = { hostname: "127.0.0.1", port: target.addr.port };
    this.#client = client;
    this.#left = bytes;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#running.push(this.#accept());
  }

  /**
   * Registers all that a peer serves at another index, as its own.
   *
   * @param target The peer that really has it.
   * @param options The index, and how many bytes go through before it holds.
   */
  static async open(
    target: Peer,
    { index, bytes }: {
      index: { readonly hostname: string; readonly port: number };
      bytes: number;
    },
  ): Promise<HeldSource> {
    const peer = peerName("held");
    const client = await IndexClient.open({ index, peer });
    const source = new HeldSource(target, { client, bytes });
    const { port } = source.#listener.addr;
    await client.hello({ port });
    for (const { name, metadata } of target.shared()) {
      await client.register({ peer, name, port, metadata });
    }
    return source;
  }

  /** Hands on all the rest from now on. */
  release(): void {
    this.#left = Infinity;
    this.#released.resolve();
  }

  /** Closes everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.release();
    this.#listener.close();
    for (const connection of this.#connections) close(connection);
    await Promise.all(this.#running);
    await this.#client[Symbol.asyncDispose]();
  }

  async #accept(): Promise<void> {
    try {
      for await (const outer of this.#listener) {
        const inner = await Deno.connect(this.#target);
        this.#connections.add(outer).add(inner);
        this.#running.push(this.#pump(outer, inner, false));
        this.#running.push(this.#pump(inner, outer, true));
      }
    } catch {
      // It was closed.
    }
  }

  async #pump(
    from: Deno.TcpConn,
    to: Deno.TcpConn,
    isHeld: boolean,
  ): Promise<void> {
    const buffer = new Uint8Array(16 * 1024);
    try {
      for (;;) {
        const count = await from.read(buffer);
        if (count === null) break;
        if (isHeld && (this.#left -= count) < 0) await this.#released.promise;
        const bytes = buffer.subarray(0, count);
        for (let done = 0; done < count;) {
          done += await to.write(bytes.subarray(done));
        }
      }
    } catch {
      // Either side has gone: so does the other.
    }
    close(from);
    close(to);
  }
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // It was closed already.
  }
}
