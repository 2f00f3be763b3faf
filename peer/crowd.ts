/**
 * Those who want the same content at the same time.
 *
 * What nobody has yet is shared out among them: all agree, without a word,
 * whose turn each piece is, so that a source with everything need not send any
 * piece twice.
 *
 * @module
 */

/**
 * The most others to share with: an index may name a thousand, and each costs
 * work for every piece.
 */
const MAX_OTHERS = 64;

/** The peers of a crowd, and our place among them. */
export class Crowd {
  readonly #self: number;
  readonly #pieces: number;
  /** How often each of the others was added. */
  readonly #others = new Map<string, number>();
  #turns: Float64Array | undefined;

  /**
   * @param self Our own name.
   * @param pieces How many pieces the content has.
   */
  constructor(self: string, pieces: number) {
    this.#self = numberOf(self);
    this.#pieces = pieces;
  }

  /** Whether nobody else is known. */
  get isAlone(): boolean {
    return this.#others.size === 0;
  }

  /** Counts another peer as one of the crowd. */
  add(name: string): void {
    const count = this.#others.get(name) ?? 0;
    this.#others.set(name, count + 1);
    if (count === 0) this.#turns = undefined;
  }

  /** Counts a peer no longer that was added. */
  remove(name: string): void {
    const count = this.#others.get(name) ?? 0;
    if (count > 1) this.#others.set(name, count - 1);
    else if (this.#others.delete(name)) this.#turns = undefined;
  }

  /** Whether a piece is for us to fetch, where nobody has it. */
  isOurs(piece: number): boolean {
    const others = Math.min(this.#others.size, MAX_OTHERS);
    return this.turnOf(piece) < 1 / (others + 1);
  }

  /**
   * When a piece that nobody has is ours to fetch, from 0, at once, up to 1:
   * first our own ones, then those which their owners would come to last.
   */
  turnOf(piece: number): number {
    this.#turns ??= this.#shareOut();
    return this.#turns[piece]!;
  }

  #shareOut(): Float64Array {
    const turns = new Float64Array(this.#pieces);
    if (this.isAlone) return turns;
    // All who know the same names leave out the same ones.
    const others = [...this.#others.keys()].map(numberOf)
      .sort((a, b) => a - b).slice(0, MAX_OTHERS);
    for (let piece = 0; piece < turns.length; piece++) {
      const own = mix(this.#self, piece);
      let before = 0;
      let most = 0;
      for (const other of others) {
        const theirs = mix(other, piece);
        if (theirs <= own) continue;
        before++;
        most = Math.max(most, theirs);
      }
      const late = before === 0 ? 1 - own / 2 ** 32 : most / 2 ** 32;
      turns[piece] = (before + late) / (others.length + 1);
    }
    return turns;
  }
}

/** A number that stands for a name. */
function numberOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) {
    hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}

/** A number that only these two give, and that tells nothing of the next ones. */
function mix(name: number, piece: number): number {
  let hash = Math.imul(name ^ Math.imul(piece + 1, 0x9e3779b1), 0x85ebca77);
  hash = Math.imul(hash ^ hash >>> 15, 0xc2b2ae3d);
  return (hash ^ hash >>> 13) >>> 0;
}
