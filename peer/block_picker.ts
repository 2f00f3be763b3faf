/**
 * Which blocks to ask for next: no I/O, no clock.
 *
 * @module
 */

import { hasBit } from "./bitfield.ts";
import type { BlockMap, Run } from "./block_map.ts";

const MISSING = 0;
const ASKED = 1;
/** It has come, and waits for the rest of its piece. */
const HERE = 2;
const VERIFIED = 3;

/** What a source can be asked for. */
export interface PickOptions {
  /** The most bytes to ask for at once; one block is always asked for. */
  readonly maxBytes: number;
  /** The pieces that the source has; all if left out. */
  readonly have?: Uint8Array | undefined;
  /** Whether the source may be asked for a piece; any if left out. */
  readonly mayAsk?: ((piece: number) => boolean) | undefined;
}

/** Keeps what is missing, what is asked for, and what has come. */
export class BlockPicker {
  readonly #map: BlockMap;
  readonly #state: Uint8Array;
  /** By how many sources a block is asked for. */
  readonly #asked: Uint8Array;
  /** How many sources with only some of the pieces have each. */
  readonly #availability: Uint16Array;
  #partialSources = 0;
  #cursor: number;
  #missing: number;
  #unverified: number;

  /**
   * @param map How the content is cut.
   * @param options The pieces that need not be fetched, and the piece to begin
   * at: when many begin at different ones, they soon have something for each
   * other.
   */
  constructor(
    map: BlockMap,
    { verified, start = 0 }: { verified: Uint8Array; start?: number },
  ) {
    this.#map = map;
    this.#state = new Uint8Array(map.blocks);
    this.#asked = new Uint8Array(map.blocks);
    this.#availability = new Uint16Array(map.pieces);
    this.#missing = map.blocks;
    this.#unverified = map.pieces;
    this.#cursor = map.firstBlockOf(start);
    for (let piece = 0; piece < map.pieces; piece++) {
      if (hasBit(verified, piece)) this.verify(piece);
    }
  }

  /** Pieces that are not verified yet. */
  get unverified(): number {
    return this.#unverified;
  }

  /** Blocks that nobody is asked for. */
  get missing(): number {
    return this.#missing;
  }

  /** Whether a block has come, or is verified. */
  hasCome(block: number): boolean {
    return this.#state[block]! >= HERE;
  }

  /** Whether a piece is verified. */
  isVerified(piece: number): boolean {
    return this.#state[this.#map.firstBlockOf(piece)] === VERIFIED;
  }

  /** How many sources a block is asked for from. */
  askedOf(block: number): number {
    return this.#asked[block]!;
  }

  /** Picks blocks to ask a source for, and counts them as asked for. */
  next(options: PickOptions): Run | undefined {
    if (this.#missing === 0) return undefined;
    const first = this.#first(options);
    if (first === undefined) return undefined;
    const most = Math.max(
      1,
      Math.floor(options.maxBytes / this.#map.blockBytes),
    );
    let count = 1;
    while (count < most && this.#isFree(first + count, options)) count++;
    const run = this.#map.run(first, count);
    this.ask(run);
    this.#cursor = first + count;
    return run;
  }

  /** Counts blocks as asked for, some of them once more than before. */
  ask({ first, count }: Run): void {
    for (let block = first; block < first + count; block++) {
      this.#asked[block]!++;
      if (this.#state[block] !== MISSING) continue;
      this.#state[block] = ASKED;
      this.#missing--;
    }
  }

  /** Takes back that a source is asked for blocks: it answered, or never will. */
  release({ first, count }: Run): void {
    for (let block = first; block < first + count; block++) {
      this.#asked[block]!--;
      if (this.#state[block] === ASKED && this.#asked[block] === 0) {
        this.#miss(block);
      }
    }
  }

  /** Counts a block as come. */
  arrive(block: number): void {
    if (this.#state[block] === MISSING) this.#missing--;
    this.#state[block] = HERE;
  }

  /** Counts a piece as verified. */
  verify(piece: number): void {
    const end = this.#map.endBlockOf(piece);
    for (let block = this.#map.firstBlockOf(piece); block < end; block++) {
      if (this.#state[block] === MISSING) this.#missing--;
      this.#state[block] = VERIFIED;
    }
    this.#unverified--;
  }

  /** Counts what has come of a piece as missing again. */
  reject(piece: number): void {
    const end = this.#map.endBlockOf(piece);
    for (let block = this.#map.firstBlockOf(piece); block < end; block++) {
      if (this.#state[block] !== HERE) continue;
      if (this.#asked[block] === 0) this.#miss(block);
      else this.#state[block] = ASKED;
    }
  }

  /** Counts a source with only some of the pieces, or no longer. */
  countPartial(have: Uint8Array, by: 1 | -1): void {
    this.#partialSources += by;
    for (let piece = 0; piece < this.#map.pieces; piece++) {
      if (hasBit(have, piece)) this.#availability[piece]! += by;
    }
  }

  #miss(block: number): void {
    this.#state[block] = MISSING;
    this.#missing++;
    // What failed once is asked for first: the rest of its piece may be here.
    this.#cursor = block;
  }

  #first(options: PickOptions): number | undefined {
    return this.#partialSources === 0 && !options.have && !options.mayAsk
      ? this.#nextMissing()
      : this.#rarest(options);
  }

  #nextMissing(): number {
    const after = this.#state.indexOf(MISSING, this.#cursor);
    return after >= 0 ? after : this.#state.indexOf(MISSING);
  }

  /** The missing block whose piece the fewest sources have; of equals, the next. */
  #rarest(options: PickOptions): number | undefined {
    const { pieces } = this.#map;
    const start = this.#map.pieceOf(this.#cursor) % pieces;
    let best: number | undefined;
    let rarity = Infinity;
    for (let i = 0; i < pieces && rarity > 0; i++) {
      const piece = (start + i) % pieces;
      const availability = this.#availability[piece]!;
      if (availability >= rarity) continue;
      const end = this.#map.endBlockOf(piece);
      for (let block = this.#map.firstBlockOf(piece); block < end; block++) {
        if (!this.#isFree(block, options)) continue;
        best = block;
        rarity = availability;
        break;
      }
    }
    return best;
  }

  #isFree(block: number, { have, mayAsk }: PickOptions): boolean {
    if (block >= this.#map.blocks || this.#state[block] !== MISSING) {
      return false;
    }
    const piece = this.#map.pieceOf(block);
    return (!have || hasBit(have, piece)) && (!mayAsk || mayAsk(piece));
  }
}
