/**
 * A map in 64 parts, so that no single insert rehashes all of a large one.
 *
 * @module
 */

const SHARDS = 64;

/** Values by text. */
export class ShardedMap<V> {
  readonly #shards: Map<string, V>[] = Array.from(
    { length: SHARDS },
    () => new Map<string, V>(),
  );

  /** The value, where there is one. */
  get(key: string): V | undefined {
    return this.#shard(key).get(key);
  }

  /** Sets a value. */
  set(key: string, value: V): void {
    this.#shard(key).set(key, value);
  }

  /** Takes a value out. */
  delete(key: string): void {
    this.#shard(key).delete(key);
  }

  #shard(key: string): Map<string, V> {
    const last = key.length - 1;
    const mixed = last < 1
      ? key.length
      : key.charCodeAt(last) * 7 + key.charCodeAt(last - 1);
    return this.#shards[mixed % SHARDS]!;
  }
}
