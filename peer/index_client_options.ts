/**
 * What an index client is told, and what it tells of a hello.
 *
 * @module
 */

import type { Signer } from "../protocol/hello.ts";
import type { PeerName } from "../protocol/name.ts";
import type { ProbeResult } from "../protocol/probe.ts";
import type { Clock } from "./clock.ts";
import type { BindDatagramSocket, ResolveHost } from "./index_socket.ts";

/** How an index client is opened. */
export interface IndexClientOptions {
  /** The index's host, a name or an address, and its UDP port. */
  readonly index: { readonly hostname: string; readonly port: number };
  /** The user name to say hello with, where none is given there. */
  readonly peer: PeerName;
  /** The key that owns what is registered; without, this client's socket does. */
  readonly signer?: Signer | undefined;
  /**
   * Finds the key that shows that a member asks, where the index wants one and
   * there is no `signer`. Nothing comes to belong to it.
   */
  readonly member?: (() => Promise<Signer | undefined>) | undefined;
  /** The program that asks, at most 50 bytes; "peerdex" and the version if left out. */
  readonly agent?: string | undefined;
  /** The local address to send from; any if left out. */
  readonly hostname?: string | undefined;
  /** How long to go on while the index asks to wait, in milliseconds; a minute if left out. */
  readonly patienceMs?: number | undefined;
  /** From 0 up to but not including 1; from the system's generator if left out. */
  readonly random?: (() => number) | undefined;
  /** The machine's own if left out. */
  readonly clock?: Clock | undefined;
  /** Makes the sockets; UDP if left out. */
  readonly bind?: BindDatagramSocket | undefined;
  /** Finds the addresses of a host name; the system's way if left out. */
  readonly resolve?: ResolveHost | undefined;
  /** Ends the search for the index's address. */
  readonly signal?: AbortSignal | undefined;
}

/** A signal for a single request. */
export interface RequestOptions {
  /** Ends the wait; the request may have been done all the same. */
  readonly signal?: AbortSignal | undefined;
}

/** What a hello says. */
export interface HelloOptions extends RequestOptions {
  /** The user name; the client's own if left out. */
  readonly peer?: PeerName | undefined;
  /** The TCP port of the content server; 0 where there is none. */
  readonly port?: number | undefined;
  /** The lease wanted, in seconds, up to 65,535; 0 leaves it to the index. */
  readonly lease?: number | undefined;
  /** Whether to ask the index to try the port; see `probe` of the answer. */
  readonly probe?: boolean | undefined;
  /**
   * Whether to show the key only, `member` where there is no `signer`, and leave
   * every session as it is.
   */
  readonly visit?: boolean | undefined;
  /** Whether to end the session and de-register all that it holds. */
  readonly goodbye?: boolean | undefined;
}

/** What the index answers to a hello. */
export interface HelloReply {
  /** The lease granted, in seconds. */
  readonly lease: number;
  /** Registrations that the index holds for this owner. */
  readonly count: number;
  /** The address that the index sees. */
  readonly hostname: string;
  /** The UDP port that the index sees. */
  readonly port: number;
  /** What the index found when it was asked to try the TCP port. */
  readonly probe: ProbeResult;
  /** What the index says that it is; empty where it says nothing. */
  readonly text: string;
}

/** How a list is asked for. */
export interface ListOptions extends RequestOptions {
  /** The most entries to take; 10,000,000 if left out. */
  readonly maxEntries?: number | undefined;
}
