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
  /** The content's name. */
  readonly name: ContentName;
  /** What the content is. */
  readonly metadata: Metadata;
  /** Whether the index holds it, as far as is known. */
  readonly registered: boolean;
}

/** How what an index holds compares with what it should. */
export type Comparison = "less" | "same" | "more";

/** Registrations, by content and by user name. */
export class Registrations {
  readonly #byName = new Map<ContentName, Map<PeerName, Registration>>();
  #registered = 0;
  #joining = 0;
  #leaving = 0;
  #left = 0;

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

  /** Takes it that the index holds none of them any more. */
  forgetAll(): void {
    for (const registration of [...this.all()]) {
      this.set({ ...registration, registered: false });
    }
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

  /**
   * Adds one once it is registered. From its start to its end no comparison
   * counts it for sure.
   */
  async join(
    registration: Omit<Registration, "registered">,
    registering: Promise<void>,
  ): Promise<void> {
    this.#joining++;
    try {
      await registering;
      this.set({ ...registration, registered: true });
    } finally {
      this.#joining--;
    }
  }

  /**
   * Removes one once it is de-registered: likewise.
   *
   * @param isGone Whether an error says that it was not there any more.
   */
  async leave(
    registration: Pick<Registration, "peer" | "name">,
    { deregistering, isGone }: {
      deregistering: Promise<void>;
      isGone: (error: unknown) => boolean;
    },
  ): Promise<void> {
    this.#leaving++;
    try {
      await deregistering;
    } catch (error) {
      if (!this.find(registration) || !isGone(error)) throw error;
    } finally {
      this.#leaving--;
    }
    this.delete(registration);
    this.#left++;
  }

  /**
   * Starts a comparison, before the index is asked how many it holds.
   *
   * @returns What compares that count. What came or went while it was asked may
   * be counted or not: that is no difference.
   */
  startComparison(): (count: number) => Comparison {
    const before = this.#registered;
    const leftBefore = this.#left;
    return (count) => {
      const left = this.#left - leftBefore + this.#leaving;
      if (count < before - left) return "less";
      return count > this.#registered + this.#joining + left ? "more" : "same";
    };
  }
}

/** What tells a registration of this peer from its others. */
export function keyOf(
  { peer, name }: Pick<Registration, "peer" | "name">,
): string {
  return `${peer}\0${name}`;
}
