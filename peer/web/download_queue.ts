/**
 * The downloads of the page: some at once, the others in turn, each with its
 * progress, to be cancelled, resumed and taken off the list.
 *
 * @module
 */

import type { ContentName } from "../../protocol/name.ts";
import { type Clock, SYSTEM_CLOCK } from "../clock.ts";
import { FileExistsError } from "../errors.ts";
import type { Peer } from "../peer.ts";
import type { IfExists } from "../place_file.ts";
import { messageOf } from "./message_of.ts";
import { RateMeter } from "./rate_meter.ts";

/** How far a download is. */
export type DownloadPhase =
  | "waiting"
  | "running"
  | "done"
  | "failed"
  /** A file of its name is in the way: the user decides. */
  | "in-the-way"
  | "cancelled";

/** A download, as the page shows it. */
export interface DownloadState {
  readonly id: number;
  readonly name: ContentName;
  readonly phase: DownloadPhase;
  /** Bytes that are verified and on disk. */
  readonly bytes: number;
  /** Bytes of the content, once that is known. */
  readonly size: number | null;
  /** Sources that are connected. */
  readonly sources: number;
  /** Bytes a second. */
  readonly rate: number;
  /** What went wrong, or what is to be known of the end. */
  readonly text: string;
}

/** What {@linkcode DownloadQueue} uses. */
export interface DownloadQueueOptions {
  readonly peer: Pick<Peer, "download">;
  /** Is told whenever anything of the list has changed. */
  readonly onChange: () => void;
  /** Is told of each that has come to its end, good or bad. */
  readonly onEnd?: (() => void) | undefined;
  /** Downloads at once; 3 if left out. */
  readonly maxRunning?: number | undefined;
  /** Downloads in the list; 500 if left out. */
  readonly maxListed?: number | undefined;
  readonly clock?: Clock | undefined;
}

/** The list is full of downloads that have not ended. */
export class TooManyDownloadsError extends Error {
  override readonly name = "TooManyDownloadsError";

  /** @param most How many there may be. */
  constructor(most: number) {
    super(
      `Cannot take more than ${most} downloads at once; let some end first`,
    );
  }
}

/** The downloads of the page. */
export class DownloadQueue implements AsyncDisposable {
  readonly #options: DownloadQueueOptions;
  readonly #clock: Clock;
  readonly #jobs = new Map<number, Job>();
  readonly #running = new Map<Job, Promise<void>>();
  #lastId = 0;
  #isClosed = false;

  /** Makes an empty list. */
  constructor(options: DownloadQueueOptions) {
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
  }

  /** All downloads, the newest first. */
  list(): DownloadState[] {
    return [...this.#jobs.values()].reverse().map((job) => ({ ...job.state }));
  }

  /**
   * Downloads a content, unless it is being downloaded.
   *
   * @throws {TooManyDownloadsError} Where too many wait already.
   */
  add(name: ContentName, ifExists: IfExists = "fail"): DownloadState {
    for (const job of this.#jobs.values()) {
      if (job.state.name === name && isUnderWay(job)) return { ...job.state };
      if (job.state.name === name) this.#jobs.delete(job.state.id);
    }
    this.#makeRoom();
    const job = newJob(++this.#lastId, { name, ifExists });
    this.#jobs.set(job.state.id, job);
    this.#startNext();
    return { ...job.state };
  }

  /** Stops a download; what was verified of it is kept. Returns whether there is one. */
  cancel(id: number): boolean {
    const job = this.#jobs.get(id);
    if (!job) return false;
    if (job.state.phase === "waiting") job.state.phase = "cancelled";
    job.end.abort();
    this.#options.onChange();
    return true;
  }

  /** Goes on with a download that was stopped or has failed. Returns whether there is one. */
  resume(id: number, ifExists?: IfExists): boolean {
    const job = this.#jobs.get(id);
    if (!job) return false;
    // One that is just stopping goes on as soon as it has.
    if (isUnderWay(job) && !job.end.signal.aborted) return true;
    if (job.state.phase === "done") return true;
    job.ifExists = ifExists ?? job.ifExists;
    job.end = new AbortController();
    job.state.phase = "waiting";
    job.state.text = "";
    this.#startNext();
    return true;
  }

  /** Takes a download off the list, and stops it first. Returns whether there was one. */
  remove(id: number): boolean {
    this.#jobs.get(id)?.end.abort();
    const was = this.#jobs.delete(id);
    if (was) this.#options.onChange();
    return was;
  }

  /** Takes off the list what was done. */
  removeDone(): void {
    for (const [id, { state }] of this.#jobs) {
      if (state.phase === "done") this.#jobs.delete(id);
    }
    this.#options.onChange();
  }

  /** Stops every download; what was verified is kept. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    for (const { end } of this.#jobs.values()) end.abort();
    for (const { end } of this.#running.keys()) end.abort();
    await Promise.all(this.#running.values());
  }

  #makeRoom(): void {
    const { maxListed = 500 } = this.#options;
    for (const [id, job] of this.#jobs) {
      if (this.#jobs.size < maxListed) return;
      if (!isUnderWay(job)) this.#jobs.delete(id);
    }
    if (this.#jobs.size >= maxListed) {
      throw new TooManyDownloadsError(maxListed);
    }
  }

  #startNext(): void {
    const { maxRunning = 3, onChange } = this.#options;
    for (const job of this.#jobs.values()) {
      if (this.#isClosed || this.#running.size >= maxRunning) break;
      if (job.state.phase !== "waiting" || this.#running.has(job)) continue;
      this.#running.set(job, this.#run(job));
    }
    onChange();
  }

  async #run(job: Job): Promise<void> {
    const { state, end: { signal } } = job;
    state.phase = "running";
    try {
      await this.#download(job, signal);
    } catch (error) {
      if (signal.aborted) {
        // Somebody may have resumed it since.
        if (state.phase === "running") state.phase = "cancelled";
      } else {
        const inTheWay = error instanceof FileExistsError;
        state.phase = inTheWay ? "in-the-way" : "failed";
        state.text = inTheWay
          ? "A different file of this name is in the folder"
          : messageOf(error);
      }
    } finally {
      state.rate = 0;
      state.sources = 0;
      this.#running.delete(job);
      this.#options.onEnd?.();
      this.#startNext();
    }
  }

  async #download(
    { state, ifExists }: Job,
    signal: AbortSignal,
  ): Promise<void> {
    const meter = new RateMeter();
    const { metadata, outcome, notRegistered } = await this.#options.peer
      .download(state.name, {
        ifExists,
        signal,
        onProgress: ({ bytes, size, sources }) => {
          Object.assign(state, { bytes, size, sources });
          state.rate = meter.rate(this.#clock.now(), bytes);
          this.#options.onChange();
        },
      });
    state.size = metadata.size;
    state.bytes = metadata.size;
    state.phase = "done";
    state.text = notRegistered
      ? `It is here, but not shared: ${messageOf(notRegistered)}`
      : outcome === "present"
      ? "It was here already"
      : "";
  }
}

interface Job {
  readonly state: {
    -readonly [Key in keyof DownloadState]: DownloadState[Key];
  };
  ifExists: IfExists;
  end: AbortController;
}

function newJob(
  id: number,
  { name, ifExists }: { name: ContentName; ifExists: IfExists },
): Job {
  return {
    state: {
      ...{ id, name, phase: "waiting", bytes: 0, size: null },
      ...{ sources: 0, rate: 0, text: "" },
    },
    ifExists,
    end: new AbortController(),
  };
}

function isUnderWay({ state: { phase } }: Job): boolean {
  return phase === "waiting" || phase === "running";
}
