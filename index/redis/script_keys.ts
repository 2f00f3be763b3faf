/**
 * The keys of a registry as its scripts are given them.
 *
 * @module
 */

import { checkRegistry, type KeyName, registryKey } from "./keys.ts";
import type { Script } from "./script.ts";

/** Keys, made once. */
export class ScriptKeys {
  readonly #registry: string;
  readonly #keys = new Map<Script, readonly string[]>();

  /** @throws {RangeError} Where the name of the registry is none. */
  constructor(registry: string) {
    this.#registry = checkRegistry(registry);
  }

  /** One key. */
  key(name: KeyName): string {
    return registryKey(this.#registry, name);
  }

  /** All keys that a script touches. */
  of(script: Script): readonly string[] {
    let keys = this.#keys.get(script);
    if (!keys) {
      keys = script.keys.map((name) => this.key(name));
      this.#keys.set(script, keys);
    }
    return keys;
  }
}
