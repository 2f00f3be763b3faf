/**
 * A file that is served, watched for changes while it is read.
 *
 * @module
 */

import type { DiskPace } from "./disk_pace.ts";
import type { SharedContent } from "./share_table.ts";

/** A file is no longer the one that was registered. */
export class ChangedError extends Error {
  override readonly name = "ChangedError";
}

/** Reads the file of a content that is shared. */
export class ServedFile implements Disposable {
  readonly #content: SharedContent;
  readonly #file: Deno.FsFile;
  readonly #pace: DiskPace;
  #position = 0;
  #closed = false;

  private constructor(
    content: SharedContent,
    { file, pace }: { file: Deno.FsFile; pace: DiskPace },
  ) {
    this.#content = content;
    this.#file = file;
    this.#pace = pace;
  }

  /**
   * Opens the file of a content. What is read of it counts once it was
   * {@linkcode ServedFile.check}ed after that.
   *
   * @param pace How quick the disk is.
   * @throws {ChangedError} Where it is not what was registered.
   * @throws {Error} The system's own, where it cannot be read.
   */
  static open(content: SharedContent, pace: DiskPace): ServedFile {
    // Looked at first, because opening a pipe would wait for its writer.
    check(content, Deno.statSync(content.path));
    return new ServedFile(content, { file: Deno.openSync(content.path), pace });
  }

  /**
   * Reads the whole of a small content on the spot.
   *
   * @throws {ChangedError} Where it is not what was registered.
   * @throws {Error} The system's own, where it cannot be read.
   */
  static readWhole(
    content: SharedContent,
    { target, pace }: { target: Uint8Array; pace: DiskPace },
  ): void {
    using served = ServedFile.open(content, pace);
    for (let done = 0; done < target.length;) {
      const count = pace.readNow(served.#file, target.subarray(done));
      if (count === null) throw new ChangedError("the file became shorter");
      done += count;
    }
    served.check();
  }

  /** The content that it was opened for. */
  get content(): SharedContent {
    return this.#content;
  }

  /**
   * Compares the open file with what was registered.
   *
   * @throws {ChangedError} Where it is not the same any more.
   */
  check(): void {
    check(this.#content, this.#file.statSync());
  }

  /**
   * Fills `target` with the bytes from `offset` on.
   *
   * @throws {ChangedError} Where the file ends before.
   */
  async read(target: Uint8Array, offset: number): Promise<void> {
    this.#seek(offset);
    for (let done = 0; done < target.length;) {
      const reading = this.#pace.read(this.#file, target.subarray(done));
      const count = reading instanceof Promise ? await reading : reading;
      if (count === null) throw new ChangedError("the file became shorter");
      done += count;
      this.#position += count;
    }
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    if (!this.#closed) this.#file.close();
    this.#closed = true;
  }

  #seek(offset: number): void {
    if (this.#position !== offset) {
      this.#file.seekSync(offset, Deno.SeekMode.Start);
      this.#position = offset;
    }
  }
}

function check(
  { metadata, have }: SharedContent,
  { isFile, size, mtime }: Deno.FileInfo,
): void {
  if (!isFile) throw new ChangedError("it is no file any more");
  if (size !== metadata.size) {
    throw new ChangedError(`it has ${size} bytes, not ${metadata.size}`);
  }
  // A file that is still being downloaded changes all the time; each piece of
  // it is served only once it was verified.
  if (have || metadata.modified === 0 || !mtime) return;
  if (Math.max(0, mtime.getTime()) !== metadata.modified) {
    throw new ChangedError("it was written to");
  }
}
