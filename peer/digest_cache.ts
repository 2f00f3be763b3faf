/**
 * Remembers the digests of files, so that a file that did not change is not
 * hashed again.
 *
 * @module
 */

import { join } from "@std/path";
import type { Digest } from "../protocol/digest.ts";
import { decodeLine, encodeLine } from "./digest_line.ts";
import { isGranted, type StateFolder } from "./state_folder.ts";

/** What is remembered of a file. */
export interface CachedDigest {
  /** In bytes. */
  readonly size: number;
  readonly digest: Digest;
  /** Piece size as a power of two. */
  readonly exponent: number;
  /** 32 bytes for each piece. */
  readonly pieceHashes: Uint8Array;
}

/** What tells that a file is still the one that was hashed. */
export type FileStamp = Pick<
  Deno.FileInfo,
  "size" | "mtime" | "ctime" | "ino" | "dev"
>;

/** One remembered digest and the file that it is of. */
export interface CacheEntry extends CachedDigest {
  readonly path: string;
  /** The file's times, its place on disk: whatever changes when it does. */
  readonly stamp: string;
}

/** The caps of a cache. */
export interface DigestCacheOptions {
  /** The most files remembered; 200,000 if left out. */
  readonly maxEntries?: number | undefined;
  /** The most bytes of its file; 64 MiB if left out. */
  readonly maxBytes?: number | undefined;
  /** The time, in milliseconds since 1970. */
  readonly now?: (() => number) | undefined;
}

/** The first line of the cache's file: another means another format. */
const HEADER = "peerdex digests 1\n";

const CACHE_FILE = "digests";

const MAX_ENTRIES = 200_000;
const MAX_BYTES = 64 * 1024 * 1024;

/** A file changed this short a time ago may change again and look the same. */
const RACY_MS = 2_000;

/** So many bytes are collected before they are written. */
const WRITE_BYTES = 64 * 1024;

/** Digests of files, in memory and in the state folder. */
export class DigestCache implements AsyncDisposable {
  readonly #entries = new Map<string, Kept>();
  readonly #path: string | undefined;
  readonly #maxEntries: number;
  readonly #maxBytes: number;
  readonly #now: () => number;
  #unwritten: string[] = [];
  #unwrittenBytes = 0;
  #fileBytes = 0;
  #liveBytes = 0;
  #rewrite = false;
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string | undefined, options: DigestCacheOptions) {
    this.#path = path;
    this.#maxEntries = options.maxEntries ?? MAX_ENTRIES;
    this.#maxBytes = options.maxBytes ?? MAX_BYTES;
    this.#now = options.now ?? Date.now;
  }

  /**
   * Reads the cache of a state folder. What is damaged in it is left out, and
   * gone when it is next written. Without a state folder that this process
   * holds nothing is written.
   */
  static async open(
    state: StateFolder,
    options: DigestCacheOptions = {},
  ): Promise<DigestCache> {
    const path = join(state.path, CACHE_FILE);
    const cache = new DigestCache(state.fault ? undefined : path, options);
    if (isGranted("read", path)) await cache.#read(path);
    return cache;
  }

  /** How many files are remembered. */
  get size(): number {
    return this.#entries.size;
  }

  /** The digest of a file, or `undefined` where it is not known or has changed. */
  find(path: string, file: FileStamp): CachedDigest | undefined {
    const kept = this.#entries.get(path);
    if (!kept || kept.entry.stamp !== stampOf(file)) return undefined;
    // The longest unused one is forgotten first.
    this.#entries.delete(path);
    this.#entries.set(path, kept);
    return kept.entry;
  }

  /**
   * Remembers the digest of a file.
   *
   * @param file What the file was before it was hashed and still is now. One
   * that was changed in the last two seconds is not remembered: it may change
   * once more within the same tick of its clock.
   */
  store(path: string, file: FileStamp, digest: CachedDigest): void {
    const modified = file.mtime?.getTime();
    if (modified === undefined || digest.size !== file.size) return;
    if (Math.abs(this.#now() - modified) < RACY_MS) return;
    const { size, exponent } = digest;
    const entry: CacheEntry = {
      path,
      stamp: stampOf(file),
      size,
      exponent,
      digest: digest.digest,
      pieceHashes: digest.pieceHashes,
    };
    const line = encodeLine(entry);
    if (line.length > this.#maxBytes / 2) return;
    this.#keep(entry, line.length);
    if (!this.#path) return;
    this.#unwritten.push(line);
    this.#unwrittenBytes += line.length;
    if (this.#unwrittenBytes >= WRITE_BYTES) this.flush();
  }

  /** Writes what was not written yet. A cache that cannot be written is no error. */
  flush(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write()).catch(() => {});
    return this.#writing;
  }

  /** Writes what was not written yet. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.flush();
  }

  #keep(entry: CacheEntry, bytes: number): void {
    this.#forget(entry.path);
    this.#entries.set(entry.path, { entry, bytes });
    this.#liveBytes += bytes;
    while (
      this.#entries.size > this.#maxEntries || this.#liveBytes > this.#maxBytes
    ) {
      const [oldest] = this.#entries.keys();
      this.#forget(oldest!);
    }
  }

  #forget(path: string): void {
    const known = this.#entries.get(path);
    if (!known) return;
    this.#entries.delete(path);
    this.#liveBytes -= known.bytes;
  }

  async #read(path: string): Promise<void> {
    let text: string;
    try {
      const info = await Deno.lstat(path);
      if (!info.isFile || info.size > 4 * this.#maxBytes) {
        this.#rewrite = true;
        return;
      }
      text = await Deno.readTextFile(path);
    } catch {
      this.#rewrite = true;
      return;
    }
    this.#fileBytes = text.length;
    this.#rewrite = !text.startsWith(HEADER) || !text.endsWith("\n");
    if (!text.startsWith(HEADER)) return;
    for (let start = HEADER.length; start < text.length;) {
      const newline = text.indexOf("\n", start);
      const end = newline < 0 ? text.length : newline + 1;
      const entry = decodeLine(text.slice(start, end));
      if (entry) this.#keep(entry, end - start);
      else this.#rewrite = true;
      start = end;
    }
  }

  async #write(): Promise<void> {
    if (!this.#path) return;
    const lines = this.#unwritten;
    const bytes = this.#unwrittenBytes;
    this.#unwritten = [];
    this.#unwrittenBytes = 0;
    // More than half of the file is about what is no more: start it anew.
    const garbage = this.#fileBytes + bytes > 2 * this.#liveBytes + WRITE_BYTES;
    if (this.#rewrite || garbage) return await this.#writeWhole();
    if (lines.length === 0) return;
    await Deno.writeTextFile(this.#path, lines.join(""), { append: true });
    this.#fileBytes += bytes;
  }

  async #writeWhole(): Promise<void> {
    const lines = [HEADER];
    for (const { entry } of this.#entries.values()) {
      lines.push(encodeLine(entry));
    }
    const text = lines.join("");
    const whole = `${this.#path!}.new`;
    await Deno.writeTextFile(whole, text, { mode: 0o600 });
    await Deno.rename(whole, this.#path!);
    this.#fileBytes = text.length;
    this.#rewrite = false;
  }
}

/** An entry and how long its line is. */
interface Kept {
  readonly entry: CacheEntry;
  readonly bytes: number;
}

function stampOf({ size, mtime, ctime, ino, dev }: FileStamp): string {
  const times = `${mtime?.getTime() ?? ""} ${ctime?.getTime() ?? ""}`;
  return `${size} ${times} ${dev} ${ino ?? ""}`;
}
