/**
 * Answers to a client's requests.
 *
 * @module
 */

import { digestsEqual } from "../protocol/digest.ts";
import { DOWNLOAD_KIND, type DownloadRequest } from "../protocol/download.ts";
import type { ErrorName } from "../protocol/error_code.ts";
import type { Transaction } from "../protocol/message.ts";
import { type ContentName, isFolderName } from "../protocol/name.ts";
import { AnswerWriter, type RefusalDetails } from "./answer_writer.ts";
import type { Clock } from "./clock.ts";
import type { DiskPace } from "./disk_pace.ts";
import type { ResponseWriter } from "./response_writer.ts";
import { ChangedError, ServedFile } from "./served_file.ts";
import {
  hasRange,
  piecesOf,
  type SharedContent,
  type ShareTable,
} from "./share_table.ts";
import type { UploadSlot, UploadSlots } from "./upload_slots.ts";

/** What the answers come from. */
export interface ResponderOptions {
  readonly shares: ShareTable;
  readonly slots: UploadSlots;
  readonly pace: DiskPace;
  /** Who asks: an address. */
  readonly address: string;
  /** How long a slot is waited for, in milliseconds. */
  readonly slotMs: number;
  readonly clock: Clock;
  /** Ends every wait. */
  readonly signal: AbortSignal;
  /** Is told of content that was sent, in bytes. */
  readonly onSent: (name: ContentName, bytes: number) => void;
  /** Is told of content that cannot be sent, because of what became of its file. */
  readonly onStale: (name: ContentName, error: StaleError) => void;
  /** Is told of a request that was refused. */
  readonly onRefused: (error: ErrorName, text: string | undefined) => void;
}

/** What became of the file of a content: it changed, or cannot be read. */
export type StaleError = "CHANGED" | "UNREADABLE";

/** How long an open file is trusted to be the one at its path, in milliseconds. */
const REOPEN_MS = 1_000;

/** How long to wait after `E BUSY`, in seconds. */
const BUSY_RETRY_SECONDS = 5;

/** The largest content that is answered for on the spot, in bytes. */
const SMALL_BYTES = 65_536;

/** What is sent of one request before others get a turn, in bytes. */
const TURN_BYTES = 8 * 2 ** 20;

/** Answers requests, one after the other, into a writer. */
export class Responder implements Disposable {
  readonly #answers: AnswerWriter;
  readonly #options: ResponderOptions;
  #file: ServedFile | undefined;
  #openedAt = 0;

  /** Writes its answers there. */
  constructor(writer: ResponseWriter, options: ResponderOptions) {
    this.#answers = new AnswerWriter(writer);
    this.#options = options;
  }

  /** Closes what is open. */
  [Symbol.dispose](): void {
    this.#forgetFile();
  }

  /**
   * Answers a request.
   *
   * @throws {ChangedError} Where the file changes under the answer: the
   * connection must be closed, so that nobody takes it for whole.
   * @throws Whatever breaks the connection or the reading of the file.
   */
  async answer(request: DownloadRequest): Promise<void> {
    const { transaction, kind, exponent } = request;
    const content = this.#options.shares.get(request.name);
    if (!content) return await this.refuse(transaction, "NOT_FOUND");
    if (
      request.digest && !digestsEqual(request.digest, content.metadata.digest)
    ) {
      return await this.refuse(transaction, "CHANGED");
    }
    switch (kind) {
      case DOWNLOAD_KIND.METADATA:
        return await this.#answers.grant({
          transaction,
          length: 0,
          metadata: content.metadata,
        });
      case DOWNLOAD_KIND.HASHES: {
        if (exponent !== 0 && exponent !== content.metadata.exponent) {
          return await this.refuse(transaction, "UNSUPPORTED");
        }
        return await this.#sendBytes(request, content, content.pieceHashes);
      }
      case DOWNLOAD_KIND.PIECES:
        return await this.#sendBytes(request, content, piecesOf(content));
      case DOWNLOAD_KIND.CONTENT:
        return isFolderName(content.name)
          ? await this.#sendFolder(request, content)
          : await this.#sendContent(request, content);
      default:
        return await this.refuse(transaction, "UNSUPPORTED");
    }
  }

  /**
   * Answers a request for the whole of a small content without waiting, where
   * that can be: many of them come together.
   *
   * @returns Whether it was answered; if not, nothing was done.
   */
  answerNow(request: DownloadRequest): boolean {
    const { shares, slots, pace, onSent } = this.#options;
    const { transaction, offset, length } = request;
    const content = shares.get(request.name);
    if (
      request.kind !== DOWNLOAD_KIND.CONTENT || !content || content.have ||
      length !== content.metadata.size || offset !== 0 || length === 0 ||
      length > SMALL_BYTES || slots.isContended || pace.isSlow ||
      request.digest && !digestsEqual(request.digest, content.metadata.digest)
    ) return false;
    const { metadata } = content;
    try {
      const isSent = this.#answers.wholeNow(
        { transaction, length, metadata },
        (target) => ServedFile.readWhole(content, { target, pace }),
      );
      if (!isSent) return false;
    } catch {
      // Whoever waits for it tells why.
      return false;
    }
    onSent(content.name, length);
    return true;
  }

  async #sendBytes(
    request: DownloadRequest,
    content: SharedContent,
    bytes: Uint8Array,
  ): Promise<void> {
    const length = lengthWithin(request, bytes.length);
    if (length === undefined) {
      return await this.refuse(request.transaction, "RANGE");
    }
    const { transaction } = request;
    const { metadata } = content;
    await this.#answers.grant({ transaction, length, metadata });
    await this.#answers.content(length, (target, done) => {
      const from = request.offset + done;
      target.set(bytes.subarray(from, from + target.length));
    });
  }

  /** Sends the content of an empty folder, which has no bytes. */
  async #sendFolder(
    request: DownloadRequest,
    content: SharedContent,
  ): Promise<void> {
    let isThere = false;
    try {
      isThere = Deno.statSync(content.path).isDirectory;
    } catch {
      // Gone, or not to be looked at: it cannot be said to be empty.
    }
    if (!isThere) {
      this.#options.onStale(content.name, "CHANGED");
      return await this.refuse(request.transaction, "CHANGED");
    }
    await this.#sendBytes(request, content, new Uint8Array(0));
  }

  async #sendContent(
    request: DownloadRequest,
    content: SharedContent,
  ): Promise<void> {
    const { transaction } = request;
    const { metadata } = content;
    const length = lengthWithin(request, metadata.size);
    if (
      length === undefined ||
      !hasRange(content, { offset: request.offset, length })
    ) {
      return await this.refuse(transaction, "RANGE");
    }
    let file;
    try {
      file = this.#open(content);
    } catch (error) {
      const stale = error instanceof ChangedError ? "CHANGED" : "UNREADABLE";
      this.#options.onStale(content.name, stale);
      return await this.refuse(transaction, stale);
    }
    let slot = this.#options.slots.tryAcquire(this.#options.address);
    if (!slot) {
      // What is answered already must not wait with this one.
      await this.#answers.flush();
      slot = await this.#slot();
    }
    if (!slot) {
      return await this.refuse(transaction, "BUSY", {
        retryAfter: BUSY_RETRY_SECONDS,
      });
    }
    try {
      await this.#answers.grant({ transaction, length, metadata });
      let turn = 0;
      await this.#answers.content(length, async (target, done) => {
        const hadTurn = done - turn >= TURN_BYTES &&
          this.#options.slots.isContended;
        if (hadTurn || !slot!.isHeld) {
          turn = done;
          slot![Symbol.dispose]();
          const { address, signal } = this.#options;
          slot = await this.#options.slots.acquire(address, { signal });
        }
        await file.read(target, request.offset + done);
        // A change found here ends the connection before the bytes go out.
        file.check();
      });
    } finally {
      slot[Symbol.dispose]();
      if (length === metadata.size) this.#forgetFile();
    }
    this.#options.onSent(content.name, length);
  }

  /** Answers a request with an error. */
  async refuse(
    transaction: Transaction,
    error: ErrorName,
    details: RefusalDetails = {},
  ): Promise<void> {
    await this.#answers.error(transaction, error, details);
    this.#options.onRefused(error, details.text);
  }

  async #slot(): Promise<UploadSlot | undefined> {
    const { slots, slotMs, clock, address, signal } = this.#options;
    const tooLate = new AbortController();
    const cancel = clock.after(slotMs, () => tooLate.abort());
    try {
      return await slots.acquire(address, {
        signal: AbortSignal.any([tooLate.signal, signal]),
      });
    } catch (error) {
      if (!tooLate.signal.aborted) throw error;
      return undefined;
    } finally {
      cancel();
    }
  }

  #open(content: SharedContent): ServedFile {
    const now = this.#options.clock.now();
    if (
      this.#file?.content === content && now - this.#openedAt < REOPEN_MS
    ) {
      this.#file.check();
      return this.#file;
    }
    this.#forgetFile();
    this.#file = ServedFile.open(content, this.#options.pace);
    this.#openedAt = now;
    return this.#file;
  }

  #forgetFile(): void {
    this.#file?.[Symbol.dispose]();
    this.#file = undefined;
  }
}

/** The bytes to send of `size` that there are, or `undefined` where it asks past the end. */
function lengthWithin(
  { offset, length }: DownloadRequest,
  size: number,
): number | undefined {
  if (offset > size) return undefined;
  if (length === Infinity) return size - offset;
  return offset + length <= size ? length : undefined;
}
