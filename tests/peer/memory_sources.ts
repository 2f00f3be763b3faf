/**
 * Sources in memory that do as they are told.
 *
 * @module
 */

import type { Connect } from "../../peer/connect.ts";
import type { Source } from "../../peer/source.ts";
import type { DownloadRequest } from "../../protocol/download.ts";
import { peerName } from "../../protocol/name.ts";
import { type PipeEnd, pipePair } from "./faulty_pipe.ts";
import { type Answer, NAME, serveOn } from "./transfer_fixture.ts";

/** What a source does, and what it was asked. */
export interface MemorySource {
  readonly source: Source;
  readonly requests: DownloadRequest[];
  answer: Answer;
  /** What happens when it is connected to; nothing special by default. */
  onConnect: (signal: AbortSignal) => Promise<void> | void;
}

/** Sources that are reached by their ports. */
export class MemorySources implements AsyncDisposable {
  readonly #sources = new Map<number, MemorySource>();
  readonly #ends: PipeEnd[] = [];
  readonly #running: Promise<void>[] = [];
  readonly #ended = Promise.withResolvers<void>();

  /** Adds a source. */
  add(name: string, answer: Answer): MemorySource {
    const port = this.#sources.size + 1;
    const source: MemorySource = {
      source: { hostname: "memory", port, peer: peerName(name), name: NAME },
      requests: [],
      answer,
      onConnect: () => {},
    };
    this.#sources.set(port, source);
    return source;
  }

  /** Connects to a source. */
  readonly connect: Connect = async ({ port, signal }) => {
    const source = this.#sources.get(port)!;
    await source.onConnect(signal);
    const { client, server } = pipePair();
    this.#ends.push(server);
    this.#running.push(serveOn(server, (request, reply) => {
      source.requests.push(request);
      return Promise.race([source.answer(request, reply), this.#ended.promise]);
    }));
    return client;
  };

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#ends) {
      try {
        end.close();
      } catch {
        // It is closed already.
      }
    }
    this.#ended.resolve();
    await Promise.all(this.#running);
  }
}
