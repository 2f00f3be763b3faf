/**
 * Small files are written, synced and named on a thread of their own: it takes
 * longer than to fetch them.
 *
 * @module
 */

/** Files to be written. */
export interface WriteJob {
  /** What they hold, one after the other. Its memory goes with the message. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Their lengths, in bytes. */
  readonly lengths: readonly number[];
  /** When they were last changed, in milliseconds since 1970; 0 where that is not known. */
  readonly modified: readonly number[];
  /** Where they are until they have their names. */
  readonly paths: readonly string[];
  /** Where they shall be. */
  readonly targets: readonly string[];
  /** Whether they are named where nothing has the name. */
  readonly naming: boolean;
}

/** What became of them. */
export interface WriteReply {
  /** The job's. The memory comes back with the message. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Which of them have no name yet, and where those are. */
  readonly unnamed: readonly { readonly at: number; readonly path: string }[];
  /** Why none of them is there any more, or one could not be removed. */
  readonly fault?: WriteFault | undefined;
}

/** What could not be done. */
export interface WriteFault {
  readonly task: "write" | "sync" | "remove";
  readonly path: string;
  /** The name of the error's class. */
  readonly error: string;
  readonly message: string;
}

/** Writes small files, one job after the other. */
export class SmallWriter implements AsyncDisposable {
  readonly #now: () => number;
  readonly #startWorker: () => Worker;
  #worker: Worker | undefined;
  #running = 0;
  #jobs = 0;
  readonly #waiting: PromiseWithResolvers<WriteReply>[] = [];
  #idle = Promise.withResolvers<void>();

  /**
   * @param now Milliseconds of a clock that never goes back.
   * @param options.start Starts the thread; a test may start one that dies.
   */
  constructor(
    now: () => number,
    { start = startWriteWorker }: { start?: () => Worker } = {},
  ) {
    this.#now = now;
    this.#startWorker = start;
  }

  /**
   * Writes files. The first ones are written on the spot: it takes some time to
   * start a thread.
   */
  async write(job: WriteJob): Promise<WriteReply> {
    this.#running++;
    try {
      if (this.#jobs++ === 0) return await writeSmallFiles(job, this.#now);
      this.#worker ??= this.#start();
      const reply = Promise.withResolvers<WriteReply>();
      this.#waiting.push(reply);
      this.#worker.postMessage(job, [job.bytes.buffer]);
      return await reply.promise;
    } finally {
      if (--this.#running === 0) {
        this.#idle.resolve();
        this.#idle = Promise.withResolvers();
      }
    }
  }

  /** Ends the thread once it has done what it was given. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#running > 0) await this.#idle.promise;
    this.#worker?.terminate();
    this.#worker = undefined;
  }

  #start(): Worker {
    const worker = this.#startWorker();
    worker.onmessage = ({ data }) => this.#waiting.shift()?.resolve(data);
    const end = (why: string) => {
      const error = new Error(
        `Cannot write files: the thread that writes died (${why})`,
      );
      worker.terminate();
      this.#worker = undefined;
      for (const { reject } of this.#waiting.splice(0)) reject(error);
    };
    worker.onerror = (event) => {
      // Unhandled, it would end the whole process.
      event.preventDefault();
      end(event.message);
    };
    worker.onmessageerror = () => end("it sent what nobody can read");
    return worker;
  }
}

/**
 * Writes files, syncs them all, and then gives them their names: after a power
 * cut there is none that is not whole.
 *
 * This function refers to nothing outside itself: its text is the program of
 * the writing thread as well, which cannot import a file without permission to
 * read it.
 *
 * @param now Milliseconds of a clock that never goes back.
 */
export async function writeSmallFiles(
  job: WriteJob,
  now: () => number,
): Promise<WriteReply> {
  /** Where even the quickest of a few syncs takes longer, the rest is done side by side. */
  const SLOW_SYNC_MS = 0.2;
  const TRIED_SYNCS = 4;
  const { bytes, lengths, modified, targets, naming } = job;
  const paths: string[] = [];
  const files: Deno.FsFile[] = [];
  let task: WriteFault["task"] = "write";
  let path = "";
  const faultOf = (cause: unknown): WriteFault => {
    const error = cause instanceof Error ? cause : new Error(String(cause));
    return { task, path, error: error.name, message: error.message };
  };
  const open = (wanted: string): Deno.FsFile => {
    for (path = wanted;; path += "-") {
      try {
        return Deno.openSync(path, { write: true, createNew: true });
      } catch (error) {
        if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
      }
    }
  };
  const remove = () => {
    for (const path of paths) {
      try {
        Deno.removeSync(path);
      } catch {
        // The next download removes it.
      }
    }
  };
  try {
    let start = 0;
    for (let i = 0; i < lengths.length; i++) {
      const file = open(job.paths[i]!);
      files.push(file);
      paths.push(path);
      const end = start + lengths[i]!;
      while (start < end) start += file.writeSync(bytes.subarray(start, end));
      if (modified[i] !== 0) {
        const time = new Date(modified[i]!);
        file.utimeSync(time, time);
      }
    }
    task = "sync";
    let quickest = Infinity;
    for (let i = 0; i < files.length; i++) {
      path = paths[i]!;
      if (i < TRIED_SYNCS) {
        const start = now();
        files[i]!.syncSync();
        quickest = Math.min(quickest, now() - start);
      } else if (quickest <= SLOW_SYNC_MS) {
        files[i]!.syncSync();
      } else {
        await Promise.all(files.slice(i).map((file) => file.sync()));
        break;
      }
    }
  } catch (cause) {
    const fault = faultOf(cause);
    remove();
    return { bytes, unnamed: [], fault };
  } finally {
    for (const file of files) file.close();
  }
  const unnamed: { at: number; path: string }[] = [];
  let fault: WriteFault | undefined;
  task = "remove";
  for (let at = 0; at < paths.length; at++) {
    path = paths[at]!;
    try {
      // A second name for the file cannot replace anything, however the moment.
      if (naming) Deno.linkSync(path, targets[at]!);
    } catch {
      unnamed.push({ at, path });
      continue;
    }
    if (!naming) unnamed.push({ at, path });
    else {
      try {
        Deno.removeSync(path);
      } catch (cause) {
        fault ??= faultOf(cause);
      }
    }
  }
  return { bytes, unnamed, fault };
}

/** Starts a thread that answers every {@linkcode WriteJob}, in order. */
function startWriteWorker(): Worker {
  // Never revoked: a thread reads it some time after its start.
  programUrl ??= URL.createObjectURL(
    new Blob([`(${serve})(globalThis, (${writeSmallFiles}));`], {
      type: "text/javascript",
    }),
  );
  return new Worker(programUrl, { type: "module", name: "writer" });
}

let programUrl: string | undefined;

/** The global scope of a worker, as far as it is used. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<WriteJob>) => void) | null;
  postMessage(reply: WriteReply, transfer: ArrayBuffer[]): void;
}

/** Refers to nothing outside itself: its text runs in another thread. */
function serve(scope: WorkerScope, write: typeof writeSmallFiles): void {
  let last: Promise<unknown> = Promise.resolve();
  scope.onmessage = ({ data }) => {
    last = last.then(async () => {
      const reply = await write(data, () => performance.now());
      scope.postMessage(reply, [reply.bytes.buffer as ArrayBuffer]);
    });
  };
}
