/**
 * What a peer has registered: each with the user name that it was made under,
 * so that it is found again whatever the peer is called by then.
 *
 * @module
 */

import type { Metadata } from "../protocol/metadata.ts";
import type { ContentName, PeerName } from "../protocol/name.ts";

/** A registration of this peer's own. */
export interface Registration {
  /** The user name that it was made under. */
  readonly peer: PeerName;
  readonly name: ContentName;
  readonly metadata: Metadata;
  /** Whether the index holds it, as far as is known. */
  readonly registered: boolean;
}

/** Registrations, by content and by user name. */
export class Registrations {
  readonly #byName = new Map<ContentName, Map<PeerName, Registration>>();
  #registered = 0;

  /** How many the index should hold. */
  get registered(): number {
    return this.#registered;
  }

  /** All of them. */
  *all(): Generator<Registration> {
    for (const sameName of this.#byName.values()) yield* sameName.values();
  }

  /** Those of one content: one for each user name that it was made under. */
  ofContent(name: ContentName): Registration[] {
    return [...this.#byName.get(name)?.values() ?? []];
  }

  /** The one of this content and user name. */
  find({ peer, name }: Pick<Registration, "peer" | "name">):
    | Registration
    | undefined {
    return this.#byName.get(name)?.get(peer);
  }

  /** Adds one, or replaces the one of the same content and user name. */
  set(registration: Registration): void {
    const { peer, name } = registration;
    this.delete(registration);
    const sameName = this.#byName.get(name) ?? new Map();
    this.#byName.set(name, sameName);
    sameName.set(peer, registration);
    if (registration.registered) this.#registered++;
  }

  /** Removes the one of this content and user name, if there is one. */
  delete({ peer, name }: Pick<Registration, "peer" | "name">): void {
    const sameName = this.#byName.get(name);
    const known = sameName?.get(peer);
    if (!known) return;
    sameName!.delete(peer);
    if (sameName!.size === 0) this.#byName.delete(name);
    if (known.registered) this.#registered--;
  }
}
