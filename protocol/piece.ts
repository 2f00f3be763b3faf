/**
 * Pieces: what is verified and resumed at once. All have the same size but the
 * last, which may be shorter.
 *
 * @module
 */

/** The largest content, in bytes: 16 TiB. */
export const MAX_CONTENT_BYTES = 2 ** 44;

/** The smallest piece size as a power of two: 256 KiB. */
export const MIN_PIECE_EXPONENT = 18;

/** The largest piece size as a power of two: 16 MiB. */
export const MAX_PIECE_EXPONENT = 24;

/** The most pieces of a content, whose hashes are then 32 MiB. */
export const MAX_PIECES = 2 ** 20;

/** As many pieces as a content may have before its pieces are made larger. */
const PIECES_WANTED = 4_096;

/**
 * The piece size that a content of this size is cut into, as a power of two:
 * the smallest with at most 4,096 pieces, 18 to 24.
 *
 * @param size In bytes, 0 to 2^44.
 * @throws {RangeError} Where the size is none.
 */
export function pieceExponent(size: number): number {
  checkSize(size);
  let exponent = MIN_PIECE_EXPONENT;
  while (
    exponent < MAX_PIECE_EXPONENT && size > PIECES_WANTED * 2 ** exponent
  ) exponent++;
  return exponent;
}

/**
 * How long a piece is that is not the last, in bytes.
 *
 * @param exponent Piece size as a power of two, 18 to 24.
 * @throws {RangeError} Where it is out of range.
 */
export function pieceBytes(exponent: number): number {
  const whole = Number.isInteger(exponent);
  if (
    whole && exponent >= MIN_PIECE_EXPONENT && exponent <= MAX_PIECE_EXPONENT
  ) return 2 ** exponent;
  throw new RangeError(
    `Cannot use 2^${exponent} as a piece size: expected 2^18 to 2^24`,
  );
}

/**
 * How many pieces a content has; an empty one has none.
 *
 * @param size In bytes, 0 to 2^44.
 * @param exponent Piece size as a power of two, 18 to 24.
 * @throws {RangeError} Where one of them is out of range.
 */
export function pieceCount(size: number, exponent: number): number {
  checkSize(size);
  return Math.ceil(size / pieceBytes(exponent));
}

/**
 * How long a piece is, in bytes.
 *
 * @param piece Its number, from 0.
 * @param content The content's size in bytes, and its piece size as a power of
 * two.
 * @throws {RangeError} Where the content has no such piece.
 */
export function pieceLength(
  piece: number,
  { size, exponent }: { readonly size: number; readonly exponent: number },
): number {
  const pieces = pieceCount(size, exponent);
  if (!Number.isInteger(piece) || piece < 0 || piece >= pieces) {
    throw new RangeError(`Cannot find piece ${piece}: there are ${pieces}`);
  }
  return Math.min(2 ** exponent, size - piece * 2 ** exponent);
}

function checkSize(size: number): void {
  if (Number.isInteger(size) && size >= 0 && size <= MAX_CONTENT_BYTES) return;
  throw new RangeError(`Cannot use ${size} as a size: expected 0 to 2^44`);
}
