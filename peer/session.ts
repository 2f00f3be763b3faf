/**
 * A peer's session at its index: what it has registered, kept alive by
 * heartbeats, and made whole again when the index has lost it.
 *
 * @module
 */

import type { ContentName, PeerName } from "../protocol/name.ts";
import { type BulkOptions, type BulkResult, forAll } from "./bulk.ts";
import { type Clock, delay, SYSTEM_CLOCK } from "./clock.ts";
import { heartbeat } from "./heartbeat.ts";
import { InOrder } from "./in_order.ts";
import type { IndexClient } from "./index_client.ts";
import type { RequestOptions } from "./index_client_options.ts";
import { NotFoundError } from "./index_error.ts";
import { Reconciler } from "./reconciler.ts";
import { keyOf, type Registration, Registrations } from "./registrations.ts";
import type {
  SessionEvent,
  SessionOptions,
  SharedEntry,
} from "./session_options.ts";

export type { Registration } from "./registrations.ts";
export type {
  SessionEvent,
  SessionOptions,
  SharedEntry,
} from "./session_options.ts";

/** How long a goodbye is waited for. */
const GOODBYE_MS = 2_000;

/** How long a request that nobody waits for may be on its way. */
const STRAY_MS = 500;

/**
 * A session, from its first hello to its goodbye.
 *
 * @example
 * ```ts
 * import { IndexClient, IndexServer, peerName } from "../mod.ts";
 * import { Session } from "./session.ts";
 *
 * const peer = peerName("Alice");
 * await using index = await IndexServer.start({
 *   hostname: "127.0.0.1",
 *   port: 0,
 * });
 * await using client = await IndexClient.open({ index: index.addr, peer });
 * await using session = await Session.open(client, { peer, port: 60001 });
 * session.rename(peerName("Bob"));
 * console.assert(session.lease === 60);
 * ```
 */
export class Session implements AsyncDisposable {
  readonly #client: IndexClient;
  readonly #options: SessionOptions;
  readonly #clock: Clock;
  readonly #held = new Registrations();
  // A repeated R must not overtake the T that was asked for after it.
  readonly #inOrder = new InOrder();
  readonly #reconciler: Reconciler;
  readonly #ended = new AbortController();
  #peer: PeerName;
  #lease = 0;
  #used = false;
  #beating: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;

  private constructor(client: IndexClient, options: SessionOptions) {
    this.#client = client;
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#peer = options.peer;
    this.#reconciler = new Reconciler({
      held: this.#held,
      inOrder: this.#inOrder,
      hello: (signal, options) => this.#hello(signal, options),
      register: (registration, signal) => this.#ask(registration, signal),
      tell: (event) => this.#tell(event),
    });
  }

  /**
   * Opens a session and starts its heartbeats. The client stays the caller's.
   *
   * @throws {IndexUnreachableError} Where the index does not answer.
   * @throws {IndexError} Where it refuses.
   */
  static async open(
    client: IndexClient,
    options: SessionOptions,
  ): Promise<Session> {
    const session = new Session(client, options);
    await session.#hello(options.signal);
    session.#beating = heartbeat({
      clock: session.#clock,
      signal: session.#ended.signal,
      lease: () => session.#lease,
      renew: () => session.renew(),
      onLost: (error) => session.#tell({ type: "lost", error }),
      onBack: () => session.#tell({ type: "back" }),
    });
    return session;
  }

  /** The user name that the next registration is made under. */
  get peer(): PeerName {
    return this.#peer;
  }

  /** The lease that the index granted, in seconds. */
  get lease(): number {
    return this.#lease;
  }

  /** What this peer has registered. */
  get registrations(): readonly Registration[] {
    return [...this.#held.all()];
  }

  /** Takes another user name. What was registered before keeps the old one. */
  rename(peer: PeerName): void {
    this.#peer = peer;
  }

  /**
   * Registers a content, or renews its registration.
   *
   * @throws {IndexError} Where the index refuses: `NAME_TAKEN` asks for another
   * user name.
   */
  register(
    { name, metadata }: SharedEntry,
    { signal }: RequestOptions = {},
  ): Promise<void> {
    const entry = { peer: this.#peer, name, metadata };
    return this.#register(entry, this.#until(signal));
  }

  /** Registers many; one that is refused does not end the others. */
  registerAll<Entry extends SharedEntry>(
    entries: Iterable<Entry>,
    { onResult, signal }: BulkOptions<Entry, void> = {},
  ): Promise<BulkResult<Entry, void>[]> {
    const peer = this.#peer;
    const until = this.#until(signal);
    return forAll(
      entries,
      ({ name, metadata }) => this.#register({ peer, name, metadata }, until),
      { onResult, signal: until },
    );
  }

  /**
   * De-registers a content, under every user name that this session registered
   * it under, or else under the present one. What could not be de-registered
   * stays in `registrations`.
   *
   * @throws {NotFoundError} Where the index has no such registration.
   */
  async deregister(
    name: ContentName,
    { signal }: RequestOptions = {},
  ): Promise<void> {
    const held = this.#held.ofContent(name);
    const all = held.length > 0 ? held : [{ peer: this.#peer, name }];
    const until = this.#until(signal);
    const done = await Promise.allSettled(
      all.map((registration) => this.#deregister(registration, until)),
    );
    for (const one of done) if (one.status === "rejected") throw one.reason;
  }

  /**
   * Renews all leases now and compares: what the index has lost is registered
   * again, and what an earlier process left there is removed. A heartbeat does
   * the same; after the first registrations it need not be waited for.
   */
  async renew({ signal }: RequestOptions = {}): Promise<void> {
    await this.#reconciler.reconcile(this.#until(signal));
  }

  /**
   * Ends the session: de-registers everything. An index that does not answer is
   * waited for two seconds; the leases end by themselves.
   */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const isBusy = !this.#inOrder.isIdle;
    this.#ended.abort(new DOMException("The session has ended", "AbortError"));
    await this.#beating;
    if (!this.#used) return;
    // What came after the goodbye would be somebody's who has no key.
    if (isBusy) await delay(STRAY_MS, { clock: this.#clock });
    const late = new AbortController();
    const cancel = this.#clock.after(GOODBYE_MS, () => late.abort());
    try {
      await this.#hello(late.signal, { goodbye: true });
    } catch {
      // It does not matter why: the leases end by themselves.
    } finally {
      cancel();
    }
    for (const registration of this.registrations) {
      this.#held.delete(registration);
    }
  }

  /** Returns how many registrations the index holds. */
  async #hello(
    signal: AbortSignal | undefined,
    { goodbye = false } = {},
  ): Promise<number> {
    const { port, lease } = this.#options;
    const hello = { peer: this.#peer, port, lease, goodbye, signal };
    const reply = await this.#client.hello(hello);
    if (!goodbye) this.#lease = reply.lease;
    return reply.count;
  }

  #register(
    entry: Omit<Registration, "registered">,
    signal: AbortSignal,
  ): Promise<void> {
    return this.#inOrder.run(keyOf(entry), () => this.#ask(entry, signal));
  }

  async #ask(
    { peer, name, metadata }: Omit<Registration, "registered">,
    signal: AbortSignal,
  ): Promise<void> {
    this.#used = true;
    const { port } = this.#options;
    const entry = { peer, name, port, metadata };
    const registering = this.#client.register(entry, { signal });
    await this.#held.join({ peer, name, metadata }, registering);
  }

  #deregister(
    registration: Pick<Registration, "peer" | "name">,
    signal: AbortSignal,
  ): Promise<void> {
    return this.#inOrder.run(keyOf(registration), async () => {
      await this.#held.leave(registration, {
        deregistering: this.#client.deregister(registration, { signal }),
        isGone: (error) => error instanceof NotFoundError,
      });
      this.#reconciler.drop(registration);
    });
  }

  #until(signal: AbortSignal | undefined): AbortSignal {
    const ended = this.#ended.signal;
    if (!signal || signal === ended) return ended;
    return AbortSignal.any([signal, ended]);
  }

  #tell(event: SessionEvent): void {
    this.#options.onEvent?.(event);
  }
}
