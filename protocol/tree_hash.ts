/**
 * The hash tree of BitTorrent v2 (BEP 52): its leaves are the SHA-256 of 16 KiB
 * of content each, the last one of as much as there is, and those beyond the
 * end of the content are 32 zero bytes.
 *
 * @module
 */

import type { createHash as CreateHash } from "node:crypto";

/** The size of a leaf's content as a power of two: 16 KiB. */
export const LEAF_EXPONENT = 14;

/** Hashes the parts of a content, and puts their hashes together. */
export interface TreeHash {
  /**
   * The roots of the subtrees over consecutive parts of a content.
   *
   * @param content Some of the content, starting where a part starts; only at
   * the end of the whole content may its last part be shorter. No bytes are
   * one empty part.
   * @param options.exponent Bytes of a part as a power of two, 14 to 44.
   * @param options.alone Whether this is the whole content, and no longer than
   * one part: its tree is only as high as its own leaves need.
   * @returns 32 bytes for each part.
   * @throws {RangeError} Where the exponent is out of range, or there is more than
   * one part and it is said to be alone.
   */
  hashParts(
    content: Uint8Array,
    options: { readonly exponent: number; readonly alone: boolean },
  ): Uint8Array<ArrayBuffer>;
  /** Starts a tree whose hashes come one by one. */
  growTree(options: { readonly exponent: number }): HashTree;
}

/**
 * A tree that grows from left to right. It keeps one hash for each level, not
 * one for each leaf.
 */
export interface HashTree {
  /** Hashes that were added. */
  readonly count: number;
  /** Adds the SHA-256 of some content as the next hash. */
  addLeaf(content: Uint8Array): void;
  /** Adds the next hash: 32 bytes. */
  add(hash: Uint8Array): void;
  /**
   * Writes the root of what was added so far, padded on the right with the hash
   * of content that is not there.
   *
   * @param root Where the 32 bytes go.
   * @param height Levels between the hashes that were added and the root; as
   * many as they need if left out.
   * @throws {RangeError} Where nothing was added, or more than the height holds.
   */
  writeRoot(root: Uint8Array, height?: number): void;
  /** Forgets everything, to grow another tree in the same memory. */
  clear(): void;
}

/**
 * Makes the hash tree out of a `createHash` as `node:crypto` has it.
 *
 * This function refers to nothing outside itself: its text is the program of
 * the hashing workers as well, which cannot import a file without permission to
 * read it.
 */
export function treeHash(createHash: typeof CreateHash): TreeHash {
  const HASH_BYTES = 32;
  const LEAF_BYTES = 16_384;
  const LEAF_LEVEL = 14;
  /** The level of a tree over 2^44 bytes. */
  const MAX_LEVEL = 44;
  /** Hashes after which what they left behind is collected: of 128 MiB. */
  const COLLECT_HASHES = 16_384;
  /** As much new memory as makes the runtime collect, in bytes. */
  const PRESSURE_BYTES = 64 * 2 ** 20;

  /** The root of a subtree whose content is not there, by the subtree's height. */
  const missing = [new Uint8Array(HASH_BYTES)];
  const missingRoot = (height: number): Uint8Array => {
    while (missing.length <= height) {
      const below = missing[missing.length - 1]!;
      const pair = new Uint8Array(2 * HASH_BYTES);
      pair.set(below);
      pair.set(below, HASH_BYTES);
      const root = new Uint8Array(HASH_BYTES);
      hashInto(root, pair);
      missing.push(root);
    }
    return missing[height]!;
  };

  // As hexadecimal text the hash costs a tenth less than as a Buffer, all told:
  // bench/hashing.ts.
  const hashInto = (target: Uint8Array, bytes: Uint8Array): void => {
    target.setFromHex(createHash("sha256").update(bytes).digest("hex"));
    if (++hashed % COLLECT_HASHES === 0) collect();
  };

  let hashed = 0;
  /**
   * The runtime does not count what its hash objects take, and lets 60 MiB of
   * them pile up. Memory that is asked for makes it collect them, and memory
   * that is never touched takes no space.
   */
  const collect = (): void => {
    try {
      new ArrayBuffer(PRESSURE_BYTES);
    } catch {
      // There is no such memory: the runtime has collected all it could.
    }
  };

  /** A place for two siblings, seen as a whole and as its halves. */
  class Siblings {
    readonly pair = new Uint8Array(2 * HASH_BYTES);
    readonly halves = [
      this.pair.subarray(0, HASH_BYTES),
      this.pair.subarray(HASH_BYTES),
    ] as const;
  }

  class GrowingTree implements HashTree {
    /** How high above the leaves the hashes are that are added. */
    readonly #base: number;
    /** By level: a left sibling that waits for its right one. */
    readonly #levels = [new Siblings()];
    #count = 0;

    constructor(base: number) {
      this.#base = base;
    }

    get count(): number {
      return this.#count;
    }

    addLeaf(content: Uint8Array): void {
      hashInto(this.#levels[0]!.halves[this.#count % 2 ? 1 : 0], content);
      this.#grow();
    }

    add(hash: Uint8Array): void {
      this.#levels[0]!.halves[this.#count % 2 ? 1 : 0].set(hash);
      this.#grow();
    }

    writeRoot(root: Uint8Array, height = heightOf(this.#count)): void {
      const count = this.#count;
      if (count === 0 || count > 2 ** height) {
        throw new RangeError(
          `Cannot hash a tree: expected 1 to ${
            2 ** height
          } hashes, received ${count}`,
        );
      }
      // Whether `root` holds the hash of the subtree at the right edge, which
      // is complete but for content that is not there.
      let edge = false;
      let level = 0;
      for (let left = count; level < height; level++) {
        const siblings = this.#levels[level] ?? new Siblings();
        const hasLeft = left % 2 === 1;
        if (hasLeft || edge) {
          const [first, second] = siblings.halves;
          if (!hasLeft) first.set(root);
          second.set(
            hasLeft && edge ? root : missingRoot(this.#base + level),
          );
          hashInto(root, siblings.pair);
          edge = true;
        }
        left = Math.floor(left / 2);
      }
      if (!edge) root.set(this.#levels[level]!.halves[0]);
    }

    clear(): void {
      this.#count = 0;
    }

    /** Takes the hash that was just put in its place, and all that it completes. */
    #grow(): void {
      let index = this.#count++;
      for (let level = 0; index % 2 === 1; level++) {
        index = Math.floor(index / 2);
        const above = this.#levels[level + 1] ??= new Siblings();
        hashInto(above.halves[index % 2 ? 1 : 0], this.#levels[level]!.pair);
      }
    }
  }

  function heightOf(count: number): number {
    let height = 0;
    while (2 ** height < count) height++;
    return height;
  }

  function checkExponent(exponent: number): void {
    if (
      !Number.isInteger(exponent) || exponent < LEAF_LEVEL ||
      exponent > MAX_LEVEL
    ) {
      throw new RangeError(
        `Cannot hash parts of 2^${exponent} bytes: expected 2^14 to 2^44`,
      );
    }
  }

  const tree = new GrowingTree(0);

  return {
    hashParts(content, { exponent, alone }) {
      checkExponent(exponent);
      const partBytes = 2 ** exponent;
      const parts = Math.max(1, Math.ceil(content.length / partBytes));
      if (alone && parts > 1) {
        throw new RangeError(
          `Cannot hash ${content.length} bytes as one part of 2^${exponent} bytes`,
        );
      }
      const hashes = new Uint8Array(parts * HASH_BYTES);
      for (let part = 0; part < parts; part++) {
        tree.clear();
        const end = Math.min(content.length, (part + 1) * partBytes);
        let start = part * partBytes;
        do {
          tree.addLeaf(
            content.subarray(start, Math.min(end, start + LEAF_BYTES)),
          );
          start += LEAF_BYTES;
        } while (start < end);
        tree.writeRoot(
          hashes.subarray(part * HASH_BYTES, (part + 1) * HASH_BYTES),
          alone ? heightOf(tree.count) : exponent - LEAF_LEVEL,
        );
      }
      return hashes;
    },
    growTree({ exponent }) {
      checkExponent(exponent);
      return new GrowingTree(exponent - LEAF_LEVEL);
    },
  };
}
