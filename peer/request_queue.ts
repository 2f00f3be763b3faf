/**
 * In which order the requests of an index client are sent.
 *
 * @module
 */

import type { PendingRequest } from "./pending_requests.ts";

/** Requests that wait to be sent: repeated ones before those that are new. */
export class RequestQueue {
  readonly #again: PendingRequest[] = [];
  readonly #fresh: PendingRequest[] = [];
  #freshStart = 0;

  /** Adds a request that was not sent yet. */
  add(request: PendingRequest): void {
    request.queued = true;
    this.#fresh.push(request);
  }

  /** Adds a request to be sent again; one that is in already stays where it is. */
  addAgain(request: PendingRequest): void {
    request.dueAt = Infinity; // Until it is sent.
    if (request.queued) return;
    request.queued = true;
    this.#again.push(request);
  }

  /** The request to send next, which stays in, or `undefined`. */
  peek(): PendingRequest | undefined {
    for (;;) {
      const request = this.#again[0] ?? this.#fresh[this.#freshStart];
      if (!request?.done) return request;
      this.shift();
    }
  }

  /** Removes the request that `peek()` gave. */
  shift(): void {
    const [again] = this.#again;
    if (again) {
      again.queued = false;
      this.#again.shift();
      return;
    }
    this.#fresh[this.#freshStart++]!.queued = false;
    // Not one by one: that would move all that follow each time.
    if (this.#freshStart < 1_024 && this.#freshStart < this.#fresh.length) {
      return;
    }
    this.#fresh.splice(0, this.#freshStart);
    this.#freshStart = 0;
  }
}
