/**
 * Fetches what is missing of a content: asks for blocks, hashes what comes, and
 * writes it to the part file.
 *
 * @module
 */

import { DIGEST_BYTES } from "../protocol/digest.ts";
import { DOWNLOAD_KIND } from "../protocol/download.ts";
import type { Metadata } from "../protocol/metadata.ts";
import { type BlockMap, MAX_BLOCK_BYTES, type Run } from "./block_map.ts";
import type { BlockPicker } from "./block_picker.ts";
import type { BufferPool } from "./buffer_pool.ts";
import type { Candidate } from "./candidate.ts";
import { checkMetadata } from "./check_metadata.ts";
import type { Clock } from "./clock.ts";
import type { Crowd } from "./crowd.ts";
import type { Hasher } from "./hasher.ts";
import type { PartFile } from "./part_file.ts";
import { LateRuns } from "./late_runs.ts";
import { PartialSources } from "./partial_sources.ts";
import type { PieceChecker } from "./piece_checker.ts";
import type { SourceConnection } from "./source_connection.ts";
import { SourceError } from "./source_error.ts";
import type { Swarm, SwarmWork } from "./swarm.ts";

/** What a fetch works with. */
export interface PieceFetchOptions {
  readonly metadata: Metadata;
  readonly map: BlockMap;
  readonly picker: BlockPicker;
  readonly crowd: Crowd;
  readonly checker: PieceChecker<Candidate>;
  readonly part: PartFile;
  readonly hasher: Hasher;
  readonly buffers: BufferPool;
  readonly swarm: Swarm;
  readonly clock: Clock;
  /** Is told of each piece that is verified and written. */
  readonly onVerified: (piece: number) => void;
}

/** How often a source with nothing to do looks whether another is late, in milliseconds. */
const LOOK_MS = 200;

/** How long what is asked for ahead should last, in milliseconds. */
const AHEAD_MS = 1_000;

/** The same in a crowd, where another may soon have what is rare now. */
const CROWD_AHEAD_MS = 300;

/** How long it rests before it is looked at again, in milliseconds. */
const REST_MS = 2_000;

/** How long a source waits for us without a grudge, in milliseconds. */
const PATIENCE_MS = 5_000;

/** Fetches the missing pieces of a content. */
export class PieceFetch implements SwarmWork {
  readonly #options: PieceFetchOptions;
  readonly #settling = new Set<Promise<void>>();
  readonly #partial: PartialSources;
  readonly #late: LateRuns;
  readonly #blockExponent: number;
  #fetchedBytes = 0;

  /** Works with these parts, none of which it owns. */
  constructor(options: PieceFetchOptions) {
    this.#options = options;
    this.#partial = new PartialSources(options);
    this.#late = new LateRuns(options);
    this.#blockExponent = Math.log2(options.map.blockBytes);
  }

  /** Bytes of content that came, wanted or not. */
  get fetchedBytes(): number {
    return this.#fetchedBytes;
  }

  /** Whether every piece is verified and written. */
  isDone(): boolean {
    return this.#options.picker.unverified === 0;
  }

  /** Waits until what has come is hashed and written, or given up. */
  settle(): Promise<void> | undefined {
    if (this.#settling.size === 0) return undefined;
    return Promise.all(this.#settling).then(() => {});
  }

  /** Fetches from one source as long as anything is missing. */
  async use(
    candidate: Candidate,
    connection: SourceConnection,
  ): Promise<void> {
    const { swarm, clock } = this.#options;
    while (!this.isDone()) {
      this.#partial.ask(candidate, connection);
      const isKnown = !candidate.isPartial || candidate.have !== undefined;
      if (isKnown) this.#askAhead(candidate, connection);
      if (candidate.runsBeforeTold === 0) {
        await this.#partial.receive(candidate, connection);
        continue;
      }
      if (candidate.asked.length > 0) {
        candidate.uselessSince = undefined;
        await this.#receive(candidate, connection);
        continue;
      }
      if (this.#partial.isUseless(candidate)) {
        candidate.uselessSince = undefined;
        candidate.readyAt = clock.now() + REST_MS;
        return;
      }
      await swarm.pause(LOOK_MS);
      swarm.signal.throwIfAborted();
    }
  }

  /** Takes back what a source was asked for. */
  leave(candidate: Candidate): void {
    const { picker, checker } = this.#options;
    this.#partial.leave(candidate);
    for (const run of candidate.forgetAsked()) picker.release(run);
    for (const piece of checker.leave(candidate)) picker.reject(piece);
  }

  #askAhead(candidate: Candidate, connection: SourceConnection): void {
    const { picker, crowd, checker, metadata, map, clock } = this.#options;
    const aheadMs = crowd.isAlone ? AHEAD_MS : CROWD_AHEAD_MS;
    while (
      candidate.asked.length === 0 || candidate.aheadBytes(aheadMs) > 0
    ) {
      const run = picker.next({
        maxBytes: Math.min(candidate.requestBytes, MAX_BLOCK_BYTES),
        have: candidate.have,
        ...(checker.isChoosy && {
          mayAsk: (piece) => checker.mayAsk(piece, candidate),
        }),
      }) ?? this.#late.pick(candidate);
      if (!run) return;
      if (checker.isChoosy) {
        for (let block = run.first; block < run.first + run.count; block++) {
          checker.ask(map.pieceOf(block), candidate);
        }
      }
      candidate.ask(run, clock.now());
      connection.request({
        kind: DOWNLOAD_KIND.CONTENT,
        offset: run.offset,
        length: run.length,
        digest: metadata.digest,
      });
    }
  }

  async #receive(
    candidate: Candidate,
    connection: SourceConnection,
  ): Promise<void> {
    const { metadata, buffers, swarm, clock } = this.#options;
    checkMetadata(await connection.grant(), metadata);
    const { length } = candidate.asked[0]!;
    const before = clock.now();
    const buffer = await buffers.take({ signal: swarm.signal });
    if (clock.now() - before > PATIENCE_MS) candidate.wasKeptWaiting = true;
    try {
      await connection.read(buffer, length);
    } catch (error) {
      buffers.giveBack(buffer);
      throw error;
    }
    const now = clock.now();
    const run = candidate.deliver(now);
    this.#partial.deliveredAt = now;
    this.#fetchedBytes += length;
    const settled = this.#accept(run, { candidate, buffer })
      .catch((error) => swarm.fail(error))
      .finally(() => this.#settling.delete(settled));
    this.#settling.add(settled);
  }

  /** Hashes what came, and writes what is wanted of it. */
  async #accept(
    run: Run,
    { candidate, buffer }: {
      candidate: Candidate;
      buffer: Uint8Array<ArrayBuffer>;
    },
  ): Promise<void> {
    const { map, hasher, buffers, picker, swarm } = this.#options;
    let bytes = buffer.subarray(0, run.length);
    try {
      const hashed = await hasher.hash(bytes, {
        exponent: this.#blockExponent,
        alone: map.blocks === 1,
      });
      bytes = hashed.content;
      const { missing } = picker;
      const writing = this.#sort(run, { candidate, ...hashed });
      picker.release(run);
      // Only who can be asked for something is woken: in a crowd, many wait.
      if (picker.missing > missing) swarm.bell.ring();
      await writing;
    } finally {
      if (bytes.buffer.detached) buffers.lose();
      else buffers.giveBack(new Uint8Array(bytes.buffer));
    }
  }

  /**
   * Decides about each block of a run, before anything else happens, and writes
   * the good ones. The part file writes in the order in which it is told to, so
   * the last one that is told is the one that stays.
   */
  async #sort(
    run: Run,
    { candidate, hashes, content }: {
      candidate: Candidate;
      hashes: Uint8Array;
      content: Uint8Array;
    },
  ): Promise<void> {
    const { map, picker, part, checker } = this.#options;
    const verified: number[] = [];
    const writes: Promise<void>[] = [];
    let wrong = false;
    let from = 0;
    const writeTo = (to: number) => {
      if (to > from) {
        writes.push(
          part.write(content.subarray(from, to), run.offset + from),
        );
      }
    };
    for (let i = 0; i < run.count; i++) {
      const block = run.first + i;
      const at = i * map.blockBytes;
      const hash = hashes.subarray(i * DIGEST_BYTES, (i + 1) * DIGEST_BYTES);
      const take = !picker.hasCome(block) &&
        (map.blocksPerPiece > 1 || checker.isRight(map.pieceOf(block), hash));
      if (!take) {
        writeTo(at);
        from = Math.min(at + map.blockBytes, run.length);
        wrong ||= !picker.hasCome(block);
        continue;
      }
      picker.arrive(block);
      verified.push(...this.#judge(block, { hash, candidate }));
    }
    writeTo(run.length);
    if (wrong) this.#expose(candidate);
    await Promise.all(writes);
    for (const piece of verified) {
      part.markVerified(piece);
      picker.verify(piece);
      this.#options.onVerified(piece);
    }
    if (this.isDone()) this.#options.swarm.bell.ring();
  }

  /** Returns the piece that a block makes whole and right, if it does. */
  #judge(
    block: number,
    { hash, candidate }: { hash: Uint8Array; candidate: Candidate },
  ): number[] {
    const { map, picker, checker } = this.#options;
    const piece = map.pieceOf(block);
    const verdict = checker.add(block, { hash, source: candidate });
    switch (verdict.type) {
      case "open":
        return [];
      case "right":
        for (const [source, bytes] of verdict.from) source.bytes += bytes;
        for (const liar of verdict.liars) this.#expose(liar);
        return [piece];
      case "wrong":
        picker.reject(piece);
        for (const liar of verdict.liars) this.#expose(liar);
        return [];
    }
  }

  #expose(candidate: Candidate): void {
    this.#options.swarm.drop(
      candidate,
      new SourceError("lied", "sent a piece that is not the content's"),
    );
  }
}
