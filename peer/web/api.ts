/**
 * What the page can ask its peer for and have it do: the same that the commands
 * do. Every request has passed the gate.
 *
 * @module
 */

import { type ContentName, contentName } from "../../protocol/name.ts";
import type { EventChannel } from "../../web/event_channel.ts";
import { refusal } from "../../web/web_server.ts";
import { lookAt } from "../own_file.ts";
import type { Peer } from "../peer.ts";
import type { DownloadQueue } from "./download_queue.ts";
import { filePage } from "./file_page.ts";
import type { FolderGlance } from "./folder_glance.ts";
import type { LiveViews, MakeView } from "./live_views.ts";
import { onlinePage } from "./online_page.ts";
import { receiveFile } from "./receive_file.ts";
import { RequestError } from "./request_error.ts";
import {
  ifExistsOf,
  jsonOf,
  namesOf,
  numberOf,
  sizeOf,
} from "./request_reading.ts";
import type { Sharer } from "./sharer.ts";

/** What the interface works on. */
export interface ApiParts {
  readonly peer: Peer;
  readonly downloads: DownloadQueue;
  readonly sharer: Sharer;
  readonly glance: FolderGlance;
  readonly views: LiveViews;
  readonly events: EventChannel;
  /** What the page shows of the peer itself. */
  readonly status: () => unknown;
  /** A new one-time address, for another browser. */
  readonly newAddress: () => string;
}

type Answer = unknown | Promise<unknown>;
type Route = (request: Request, parts: RouteParts) => Answer;

interface RouteParts {
  /** What the parenthesised part of the path's pattern matched. */
  readonly part: string;
  readonly params: URLSearchParams;
}

/** Files that are received at once. */
const MAX_UPLOADS = 4;

/** The page's interface, below `/api/`. */
export class Api {
  readonly #parts: ApiParts;
  readonly #routes: readonly (readonly [string, RegExp, Route])[];
  #uploads = 0;

  /** Uses, and does not own, what it works on. */
  constructor(parts: ApiParts) {
    this.#parts = parts;
    const { downloads } = parts;
    this.#routes = [
      ["GET", /^status$/, () => parts.status()],
      ["GET", /^events$/, () => this.#events()],
      ["GET", /^online$/, (request) => this.#online(request)],
      ["GET", /^files$/, (request) => this.#files(request)],
      ["POST", /^shares$/, (request) => this.#share(request)],
      ["DELETE", /^shares\/(.+)$/, (_, { part }) => this.#forget(part)],
      ["POST", /^downloads$/, async (request) => {
        const { name, ifExists } = await jsonOf(request);
        return downloads.add(contentName(String(name)), ifExistsOf(ifExists));
      }],
      [
        "POST",
        /^downloads\/(\d+)\/cancel$/,
        (_, { part }) => found(downloads.cancel(Number(part))),
      ],
      ["POST", /^downloads\/(\d+)\/resume$/, async (request, { part }) => {
        const { ifExists } = await jsonOf(request);
        return found(
          downloads.resume(
            Number(part),
            ifExists === undefined ? undefined : ifExistsOf(ifExists),
          ),
        );
      }],
      [
        "DELETE",
        /^downloads\/(\d+)$/,
        (_, { part }) => found(downloads.remove(Number(part))),
      ],
      ["DELETE", /^downloads\/done$/, () => downloads.removeDone()],
      ["GET", /^uploads$/, (_, { params }) => this.#lookForFile(params)],
      [
        "POST",
        /^uploads$/,
        (request, { params }) => this.#upload(request, params),
      ],
      ["POST", /^address$/, () => ({ address: parts.newAddress() })],
    ];
  }

  /**
   * Answers a request.
   *
   * @param path What follows `/api/`.
   */
  async answer(request: Request, path: string): Promise<Response> {
    const params = new URL(request.url).searchParams;
    try {
      let isKnown = false;
      for (const [method, pattern, route] of this.#routes) {
        const match = path.match(pattern);
        if (!match) continue;
        isKnown = true;
        if (method !== request.method) continue;
        const part = decodeURIComponent(match[1] ?? "");
        const answer = await route(request, { part, params });
        return answer instanceof Response ? answer : json(answer ?? {});
      }
      return isKnown
        ? refusal(405, "That cannot be done with this")
        : refusal(404, "There is nothing of that name");
    } catch (error) {
      request.signal.throwIfAborted();
      const { status, message, code } = RequestError.from(error);
      return json({ message, code }, status);
    }
  }

  #events(): Response {
    const { events, status, downloads } = this.#parts;
    return events.open([
      ["status", status()],
      ["downloads", downloads.list()],
    ]) ?? refusal(503, "Too many pages are open; close one");
  }

  #online(request: Request): Promise<unknown> {
    const { searchParams } = new URL(request.url);
    const filter = searchParams.get("filter") ?? "";
    const cursor = searchParams.get("cursor") ?? "";
    return this.#show(
      request,
      (signal) => onlinePage(this.#parts.peer, { filter, cursor }, signal),
    );
  }

  #files(request: Request): Promise<unknown> {
    const { searchParams } = new URL(request.url);
    const filter = searchParams.get("filter") ?? "";
    const offset = numberOf(searchParams.get("offset") ?? "0");
    return this.#show(
      request,
      (signal) => filePage(this.#parts, { filter, offset }, signal),
    );
  }

  #show({ url, signal }: Request, make: MakeView): Promise<unknown> {
    const { pathname, search } = new URL(url);
    return this.#parts.views.show(pathname + search, make, signal);
  }

  async #share(request: Request): Promise<unknown> {
    const body = await jsonOf(request);
    const { sharer, glance } = this.#parts;
    glance.forget();
    return body.all === true
      ? await sharer.shareAll()
      : await sharer.share(namesOf(body.names));
  }

  async #forget(text: string): Promise<void> {
    await this.#parts.peer.deregister(contentName(text));
    this.#parts.views.hurry();
  }

  async #lookForFile(params: URLSearchParams): Promise<unknown> {
    const name = contentName(params.get("name") ?? "");
    const path = await this.#parts.peer.folder.pathFor(name);
    return { name, exists: await lookAt(path) !== undefined };
  }

  async #upload(request: Request, params: URLSearchParams): Promise<unknown> {
    const name = contentName(params.get("name") ?? "");
    const ifExists = ifExistsOf(params.get("if-exists") ?? "fail");
    if (ifExists === "skip") return { name, skipped: true };
    if (this.#uploads >= MAX_UPLOADS) {
      throw new RequestError(
        503,
        `Cannot receive more than ${MAX_UPLOADS} files at once; wait for one`,
      );
    }
    const { folder } = this.#parts.peer;
    const size = sizeOf(request);
    this.#uploads++;
    let path: string;
    try {
      const { signal } = request;
      const body = request.body ?? new Blob().stream();
      path = await receiveFile(name, body, { folder, size, ifExists, signal });
    } finally {
      this.#uploads--;
      this.#parts.glance.forget();
      this.#parts.views.hurry();
    }
    const saved: ContentName = folder.nameOf(path);
    return { name: saved, ...await this.#parts.sharer.share([saved]) };
  }
}

function json(value: unknown, status = 200): Response {
  return Response.json(value, { status });
}

function found(was: boolean): void {
  if (!was) throw new RequestError(404, "There is no such download any more");
}
