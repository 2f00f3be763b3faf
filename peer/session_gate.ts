/**
 * Holds back what must come from an owner that the index knows, or from a member
 * where it wants one, until it knows: an index that restarted has forgotten who
 * that was.
 *
 * @module
 */

import type { Clock } from "./clock.ts";
import type { PendingRequest, RequestKind } from "./pending_requests.ts";

/** The shortest time that a session is taken to live, whatever lease is granted. */
const SHORTEST_SESSION_MS = 10_000;

/** Whether the index knows the owner, and what waits for that. */
export class SessionGate {
  #ownersNeeded: boolean;
  #membersNeeded = false;
  readonly #clock: Clock;
  readonly #open: () => Promise<void>;
  readonly #held = new Set<PendingRequest>();
  #until = -Infinity;
  #opening = false;

  /**
   * @param open Makes the owner known to the index.
   * @param options Whether that is needed at all: a socket without a key is an
   * owner by itself.
   */
  constructor(
    open: () => Promise<void>,
    { needed, clock }: { needed: boolean; clock: Clock },
  ) {
    this.#open = open;
    this.#ownersNeeded = needed;
    this.#clock = clock;
  }

  /** Whether such a request may be sent. */
  admits({ by }: Pick<RequestKind, "by">): boolean {
    const needed = by === "owner"
      ? this.#ownersNeeded
      : by === "member" && this.#membersNeeded;
    return !needed || this.#clock.now() < this.#until;
  }

  /** Takes note that the index is for its members only, for this at least. */
  wantMember({ by }: Pick<RequestKind, "by">): void {
    this.#ownersNeeded = true;
    if (by === "member") this.#membersNeeded = true;
  }

  /**
   * Takes note that the index knows the owner.
   *
   * @param askedAt When it was asked, in milliseconds.
   * @param lease For how long it knows, in seconds.
   */
  keep(askedAt: number, lease: number): void {
    const live = Math.max(lease * 1_000, SHORTEST_SESSION_MS);
    this.#until = Math.max(this.#until, askedAt + live);
  }

  /** Takes note that the index may have forgotten. */
  forget(): void {
    this.#until = -Infinity;
  }

  /**
   * Keeps a request until the session is open, and sees to that.
   *
   * @param options What to do with the held ones then, or if it fails.
   */
  hold(request: PendingRequest, { release, fail }: {
    release: (held: Iterable<PendingRequest>) => void;
    fail: (held: Iterable<PendingRequest>, error: unknown) => void;
  }): void {
    request.dueAt = Infinity; // It is not repeated from here.
    this.#held.add(request);
    if (this.#opening) return;
    this.#opening = true;
    const end = (settle: (held: Iterable<PendingRequest>) => void) => {
      const held = [...this.#held];
      this.#held.clear();
      this.#opening = false;
      settle(held);
    };
    this.#open().then(
      () => end(release),
      (error) => end((held) => fail(held, error)),
    );
  }
}
