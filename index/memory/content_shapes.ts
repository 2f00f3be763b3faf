/**
 * What a content is but for its digest, in four words of a record.
 *
 * @module
 */

import type { ContentShape } from "../store.ts";
import type { Slab } from "./slab.ts";

const SIZE_LOW = 0;
/** The rest of the size 16, piece size as a power of two 8, partial 1. */
const SHAPE = 1;
const MODIFIED = 2;

/** Words that a record gives to its shape. */
export const SHAPE_WORDS = 4;

const EXPONENT_SHIFT = 16;
const PARTIAL = 1 << 24;

/** The shapes of the records of a slab. */
export class ContentShapes {
  readonly #slab: Slab;
  readonly #word: number;

  /** @param word The first of the words of a record that are the shape's. */
  constructor(slab: Slab, word: number) {
    this.#slab = slab;
    this.#word = word;
  }

  /** Bytes of the content. */
  size(id: number): number {
    const high = this.#slab.get(id, this.#word + SHAPE) & 0xffff;
    const low = this.#slab.get(id, this.#word + SIZE_LOW) >>> 0;
    return high * 2 ** 32 + low;
  }

  /** The whole shape. */
  read(id: number): ContentShape {
    const shape = this.#slab.get(id, this.#word + SHAPE);
    return {
      size: this.size(id),
      exponent: shape >> EXPONENT_SHIFT & 0xff,
      modified: this.#slab.count(id, this.#word + MODIFIED),
      partial: (shape & PARTIAL) !== 0,
    };
  }

  /** Writes a shape. */
  write(id: number, shape: ContentShape): void {
    const { size, exponent, modified, partial } = shape;
    const high = Math.floor(size / 2 ** 32);
    this.#slab.set(id, this.#word + SIZE_LOW, size | 0);
    this.#slab.set(
      id,
      this.#word + SHAPE,
      high | exponent << EXPONENT_SHIFT | (partial ? PARTIAL : 0),
    );
    this.#slab.setCount(id, this.#word + MODIFIED, modified);
  }
}
