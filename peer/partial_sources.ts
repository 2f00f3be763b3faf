/**
 * Sources that have only some of the pieces, because they are downloading
 * themselves.
 *
 * @module
 */

import { DOWNLOAD_KIND } from "../protocol/download.ts";
import type { Metadata } from "../protocol/metadata.ts";
import { READ_SLACK_BYTES } from "./answer_reader.ts";
import { bitfieldBytes, countBits } from "./bitfield.ts";
import type { BlockMap } from "./block_map.ts";
import type { BlockPicker } from "./block_picker.ts";
import type { Candidate } from "./candidate.ts";
import { checkMetadata } from "./check_metadata.ts";
import type { Clock } from "./clock.ts";
import type { Crowd } from "./crowd.ts";
import type { SourceConnection } from "./source_connection.ts";
import { SourceError } from "./source_error.ts";
import type { Swarm } from "./swarm.ts";

/** What partial sources are judged by. */
export interface PartialSourcesOptions {
  readonly metadata: Metadata;
  readonly map: BlockMap;
  readonly picker: BlockPicker;
  readonly crowd: Crowd;
  readonly swarm: Swarm;
  readonly clock: Clock;
}

/** How old may be what a source with some of the pieces told, in milliseconds. */
const MAX_AGE_MS = 500;

/** How much older the more there is to tell, in milliseconds for a byte. */
const MAX_AGE_MS_PER_BYTE = 1 / 64;

/** How long a useless source keeps its place from others, in milliseconds. */
const MAX_USELESS_MS = 2_000;

/**
 * How long sources with some of the pieces are asked again though nobody
 * delivers anything, in milliseconds: they may wait for the same pieces as we.
 */
const MAX_FRUITLESS_MS = 300_000;

/** How long a connection is kept without a request, in milliseconds. */
const MAX_IDLE_MS = 5_000;

/** Keeps what partial sources have, and asks them again. */
export class PartialSources {
  readonly #options: PartialSourcesOptions;
  /** When anybody delivered something the last time, by the transfer's clock. */
  deliveredAt: number;

  /** Tells the picker what they have. */
  constructor(options: PartialSourcesOptions) {
    this.#options = options;
    this.deliveredAt = options.clock.now();
  }

  /** Asks a source with some of the pieces again which, where it is time. */
  ask(candidate: Candidate, connection: SourceConnection): void {
    if (!candidate.isPartial || candidate.runsBeforeTold !== undefined) return;
    const { map, metadata, clock } = this.#options;
    const length = bitfieldBytes(map.pieces);
    const age = clock.now() - candidate.toldAt;
    if (age < MAX_AGE_MS + length * MAX_AGE_MS_PER_BYTE) return;
    candidate.runsBeforeTold = candidate.asked.length;
    connection.request({
      kind: DOWNLOAD_KIND.PIECES,
      offset: 0,
      length,
      digest: metadata.digest,
    });
  }

  /** Reads which pieces a source has; every run before that must have come. */
  async receive(
    candidate: Candidate,
    connection: SourceConnection,
  ): Promise<void> {
    const { map, metadata, crowd, clock } = this.#options;
    const length = bitfieldBytes(map.pieces);
    checkMetadata(await connection.grant(), metadata);
    const bytes = new Uint8Array(length + READ_SLACK_BYTES);
    await connection.read(bytes, length);
    const have = bytes.slice(0, length);
    candidate.toldAt = clock.now();
    candidate.runsBeforeTold = undefined;
    candidate.isPartial = countBits(have, map.pieces) < map.pieces;
    if (!candidate.isPartial) crowd.remove(candidate.source.peer);
    this.#set(candidate, candidate.isPartial ? have : undefined);
  }

  /**
   * Whether a source had nothing for us for so long that its place is for
   * another, or that it would close the connection soon.
   *
   * @throws {SourceError} Where nobody has delivered anything for minutes.
   */
  isUseless(candidate: Candidate): boolean {
    const { clock, swarm } = this.#options;
    const now = clock.now();
    candidate.uselessSince ??= now;
    if (candidate.isPartial && now - this.deliveredAt > MAX_FRUITLESS_MS) {
      const seconds = MAX_FRUITLESS_MS / 1_000;
      throw new SourceError(
        "stalled",
        `had nothing that is missing for ${seconds} s`,
      );
    }
    const useless = now - candidate.uselessSince;
    return useless > MAX_IDLE_MS ||
      candidate.isPartial && useless > MAX_USELESS_MS && swarm.isWaitedFor;
  }

  /** Forgets what a source has, which is gone. */
  leave(candidate: Candidate): void {
    candidate.toldAt = -Infinity;
    this.#set(candidate, undefined);
  }

  #set(candidate: Candidate, have: Uint8Array | undefined): void {
    const { picker } = this.#options;
    if (candidate.have) picker.removePartial(candidate.have);
    if (have) picker.addPartial(have);
    candidate.have = have;
  }
}
