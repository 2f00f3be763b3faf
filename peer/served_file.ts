/**
 * A file that is served, watched for changes while it is read.
 *
 * @module
 */

import type { SharedContent } from "./share_table.ts";

/** A file is no longer the one that was registered. */
export class ChangedError extends Error {
  override readonly name = "ChangedError";
}

/** Reads the file of a content that is shared. */
export class ServedFile implements Disposable {
  readonly #content: SharedContent;
  readonly #file: Deno.FsFile;
  #position = 0;
  #closed = false;

  private constructor(content: SharedContent, file: Deno.FsFile) {
    this.#content = content;
    this.#file = file;
  }

  /**
   * Opens the file of a content.
   *
   * @throws {ChangedError} Where it is not what was registered.
   * @throws {Error} The system's own, where it cannot be read.
   */
  static open(content: SharedContent): ServedFile {
    // Looked at first, because opening a pipe would wait for its writer.
    check(content, Deno.statSync(content.path));
    const file = new ServedFile(content, Deno.openSync(content.path));
    try {
      file.check();
    } catch (error) {
      file[Symbol.dispose]();
      throw error;
    }
    return file;
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
    let done = 0;
    while (done < target.length) {
      const count = await this.#file.read(target.subarray(done));
      if (count === null) throw new ChangedError("the file became shorter");
      done += count;
      this.#position += count;
    }
  }

  /** The same without leaving the turn: for what is small. */
  readSync(target: Uint8Array, offset: number): void {
    this.#seek(offset);
    let done = 0;
    while (done < target.length) {
      const count = this.#file.readSync(target.subarray(done));
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
