/**
 * The rows that registrations have in the database.
 *
 * @module
 */

const CHUNK_BITS = 12;
const CHUNK = 1 << CHUNK_BITS;

/** Rows by the number of a registration; 0 where it has none. */
export class RowNumbers {
  readonly #chunks: Float64Array[] = [];

  /** The row of a registration. */
  get(id: number): number {
    return this.#chunks[id >> CHUNK_BITS]?.[id & (CHUNK - 1)] ?? 0;
  }

  /** Says what row a registration has. */
  set(id: number, row: number): void {
    while (id >> CHUNK_BITS >= this.#chunks.length) {
      this.#chunks.push(new Float64Array(CHUNK));
    }
    this.#chunks[id >> CHUNK_BITS]![id & (CHUNK - 1)] = row;
  }
}
