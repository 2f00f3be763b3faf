/**
 * Which blocks to ask for next: no I/O, no clock.
 *
 * @module
 */

import { hasBit } from "./bitfield.ts";
import type { BlockMap, Run } from "./block_map.ts";
import type { Crowd } from "./crowd.ts";

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
  readonly #crowd: Crowd;
  readonly #random: () => number;
  #cursor: number;
  #missing: number;
  #unverified: number;

  /**
   * @param map How the content is cut.
   * @param options The pieces that need not be fetched, who else fetches them
   * now, and numbers from 0 up to 1 to choose by: when many choose different
   * pieces, they soon have something for each other.
   */
  constructor(
    map: BlockMap,
    { verified, random, crowd }: {
      verified: Uint8Array;
      random: () => number;
      crowd: Crowd;
    },
  ) {
    this.#map = map;
    this.#state = new Uint8Array(map.blocks);
    this.#asked = new Uint8Array(map.blocks);
    this.#availability = new Uint16Array(map.pieces);
    this.#missing = map.blocks;
    this.#unverified = map.pieces;
    this.#random = random;
    this.#crowd = crowd;
    this.#cursor = map.firstBlockOf(Math.floor(random() * map.pieces));
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
    while (
      count < most && this.#isFree(first + count, options) &&
      this.#goesWith(first, first + count)
    ) count++;
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

  /** Counts a source with only some of the pieces. */
  addPartial(have: Uint8Array): void {
    this.#count(have, 1);
  }

  /** Counts a source no longer that was counted with these pieces. */
  removePartial(have: Uint8Array): void {
    this.#count(have, -1);
  }

  #count(have: Uint8Array, by: 1 | -1): void {
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
    return this.#crowd.isAlone && !options.have && !options.mayAsk
      ? this.#nextMissing()
      : this.#rarest(options);
  }

  #nextMissing(): number {
    const after = this.#state.indexOf(MISSING, this.#cursor);
    return after >= 0 ? after : this.#state.indexOf(MISSING);
  }

  /**
   * The missing block whose piece the fewest sources have; what nobody in the
   * crowd has, by turns.
   */
  #rarest(options: PickOptions): number | undefined {
    const { pieces } = this.#map;
    // Of a piece that was begun, the rest comes first. Else, of equals, any:
    // two who go in the same order would ask for the same.
    const begun = this.#map.pieceOf(Math.max(0, this.#cursor - 1));
    if (this.#isBegun(begun)) {
      const rest = this.#freeIn(begun, options);
      if (rest !== undefined) return rest;
    }
    const start = Math.floor(this.#random() * pieces);
    let best: number | undefined;
    let least = Infinity;
    for (let i = 0; i < pieces && least > 0; i++) {
      const piece = (start + i) % pieces;
      const rank = this.#availability[piece]! || this.#crowd.turnOf(piece);
      if (rank >= least) continue;
      const block = this.#freeIn(piece, options);
      if (block === undefined) continue;
      best = block;
      least = rank;
    }
    return best;
  }

  /** Whether a block may be asked for in one go with another before it. */
  #goesWith(first: number, block: number): boolean {
    const piece = this.#map.pieceOf(block);
    if (piece === this.#map.pieceOf(first)) return true;
    return this.#availability[piece]! > 0
      ? this.#availability[this.#map.pieceOf(first)]! > 0
      : this.#crowd.isOurs(piece);
  }

  #freeIn(piece: number, options: PickOptions): number | undefined {
    const end = this.#map.endBlockOf(piece);
    for (let block = this.#map.firstBlockOf(piece); block < end; block++) {
      if (this.#isFree(block, options)) return block;
    }
    return undefined;
  }

  /** Whether some blocks of a piece are asked for or here, and others missing. */
  #isBegun(piece: number): boolean {
    const first = this.#map.firstBlockOf(piece);
    const end = this.#map.endBlockOf(piece);
    const blocks = this.#state.subarray(first, end);
    return blocks.includes(MISSING) && blocks.some((state) => state > MISSING);
  }

  #isFree(block: number, { have, mayAsk }: PickOptions): boolean {
    if (block >= this.#map.blocks || this.#state[block] !== MISSING) {
      return false;
    }
    const piece = this.#map.pieceOf(block);
    return (!have || hasBit(have, piece)) && (!mayAsk || mayAsk(piece));
  }
}
