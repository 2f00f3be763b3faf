/**
 * Owners by the endpoint of their session, and by their key.
 *
 * @module
 */

import type { PublicKey } from "../../protocol/key.ts";
import type { Endpoint } from "../store.ts";
import type { Owner } from "./owner.ts";
import { ShardedMap } from "./sharded_map.ts";

/** Finds owners. */
export class OwnerLookup {
  readonly #bySession = new ShardedMap<Owner>();
  readonly #byKey = new ShardedMap<Owner>();

  /** The owner whose session is here. */
  at(from: Endpoint): Owner | undefined {
    return this.#bySession.get(from.key);
  }

  /** The owner that has this key. */
  withKey(key: PublicKey): Owner | undefined {
    return this.#byKey.get(keyText(key));
  }

  /** Puts an owner's session here. */
  seat(owner: Owner, session: Endpoint): void {
    owner.session = session;
    this.#bySession.set(session.key, owner);
  }

  /** Ends an owner's session. */
  unseat(owner: Owner): void {
    if (owner.session) this.#bySession.delete(owner.session.key);
    owner.session = undefined;
  }

  /** Gives a key to an owner. */
  claim(owner: Owner, key: PublicKey): void {
    owner.key = key;
    this.#byKey.set(keyText(key), owner);
  }

  /** Finds an owner no more. */
  forget(owner: Owner): void {
    this.unseat(owner);
    if (owner.key) this.#byKey.delete(keyText(owner.key));
  }
}

function keyText(key: PublicKey): string {
  return String.fromCharCode(...key);
}
