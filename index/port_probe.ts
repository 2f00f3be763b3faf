/**
 * Tries whether a peer's TCP port can be reached from the index: for a peer
 * that asks, at the address that it has proven, and seldom.
 *
 * @module
 */

import { type Address, formatAddress } from "../protocol/address.ts";
import type { ProbeResult } from "../protocol/probe.ts";

/** Whom a probe is for: somebody who has returned a token. */
export interface ProbedHost {
  readonly address: Address;
  /** What counts as one address for limits. */
  readonly prefix: string;
}

/** Connects to a TCP port and closes the connection. */
export type Connect = (
  to: { hostname: string; port: number; signal: AbortSignal },
) => Promise<void>;

/** Between two probes for one address, in milliseconds. */
export const PROBE_EVERY_MS = 5_000;

/** How long a connection may take to come about, in milliseconds. */
export const PROBE_TIMEOUT_MS = 2_000;

/** Probes at one time, for all. */
const MAX_PENDING = 16;

/** Addresses whose last probe is kept. */
const MAX_KEPT = 1_024;

interface Probe {
  readonly hostname: string;
  readonly port: number;
  readonly startedAt: number;
  result: ProbeResult;
}

/**
 * Probes ports. A question is answered at once with what is known, so that a
 * slow host keeps nobody waiting: whoever asks, asks again.
 */
export class PortProbe implements AsyncDisposable {
  readonly #connect: Connect;
  readonly #kept = new Map<string, Probe>();
  readonly #work = new Set<Promise<void>>();
  readonly #ended = new AbortController();

  /** @param connect TCP unless said otherwise. */
  constructor(connect: Connect = connectTcp) {
    this.#connect = connect;
  }

  /**
   * What is known of a port; where nothing is, it is tried now.
   *
   * @param host Whose port it is, and nobody else's.
   * @param port 1 to 65,535; with 0 there is nothing to try.
   * @param now Milliseconds since 1970.
   */
  ask(host: ProbedHost, port: number, now: number): ProbeResult {
    if (port === 0 || this.#ended.signal.aborted) return "none";
    // Which interface a link-local address is on, an index is not told.
    if (isLinkLocal(host.address)) return "none";
    const hostname = formatAddress(host.address);
    const last = this.#kept.get(host.prefix);
    if (last && now - last.startedAt < PROBE_EVERY_MS) {
      const same = last.hostname === hostname && last.port === port;
      return same ? last.result : "later";
    }
    if (this.#work.size >= MAX_PENDING) return "later";
    const probe: Probe = {
      ...{ hostname, port, startedAt: now },
      result: "pending",
    };
    this.#kept.delete(host.prefix);
    if (this.#kept.size >= MAX_KEPT) {
      this.#kept.delete(this.#kept.keys().next().value!);
    }
    this.#kept.set(host.prefix, probe);
    const work = this.#try(probe).finally(() => this.#work.delete(work));
    this.#work.add(work);
    return "pending";
  }

  /** Gives up what is under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await Promise.all(this.#work);
  }

  async #try(probe: Probe): Promise<void> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), PROBE_TIMEOUT_MS);
    const signal = AbortSignal.any([late.signal, this.#ended.signal]);
    const { hostname, port } = probe;
    try {
      await this.#connect({ hostname, port, signal });
      probe.result = "open";
    } catch (error) {
      probe.result = late.signal.aborted
        ? "silent"
        : error instanceof Deno.errors.ConnectionRefused
        ? "refused"
        : error instanceof Deno.errors.TimedOut
        ? "silent"
        : "unreachable";
    } finally {
      clearTimeout(timer);
    }
  }
}

function isLinkLocal(address: Address): boolean {
  return address[0] === 0xfe && (address[1]! & 0xc0) === 0x80;
}

async function connectTcp(
  { hostname, port, signal }: {
    hostname: string;
    port: number;
    signal: AbortSignal;
  },
): Promise<void> {
  const conn = await Deno.connect({ hostname, port, signal });
  conn.close();
}
