/**
 * Announces a service on one interface: says when to answer what to whom, so
 * that nobody can make it send much, or far.
 *
 * @module
 */

import type { Address } from "../protocol/address.ts";
import { ProtocolError } from "../protocol/pdu.ts";
import type { Clock } from "./clock.ts";
import {
  decodeMessage,
  type DnsMessage,
  encodeMessage,
} from "./dns_message.ts";
import {
  isKnownOnLink,
  type LinkInterface,
  type LinkSender,
  mayBeOnLink,
  MDNS_PORT,
} from "./link.ts";
import {
  announcementOf,
  answerOf,
  askedOf,
  goodbyeOf,
  legacyOf,
  type Service,
  type ServiceRecord,
} from "./service.ts";

/** What is sent to whom: to all on the interface where `to` is left out. */
export type SendAnswer = (bytes: Uint8Array, to?: LinkSender) => void;

/** How a service is announced on an interface. */
export interface LinkAnnouncerOptions {
  readonly service: Service;
  /** The addresses that the service has there. */
  readonly addresses: readonly Address[];
  readonly send: SendAnswer;
  readonly clock: Clock;
  /** A number from 0 to 1, 1 left out. */
  readonly random: () => number;
}

/** How many answers to one host are sent in a second, and at once. */
export const UNICAST_ANSWERS_PER_S = 10;

/** Time between two answers to all, as RFC 6762, section 6, wants it. */
export const MULTICAST_PAUSE_MS = 1000;

/** Announces a service on one interface. */
export class LinkAnnouncer implements Disposable {
  readonly #on: LinkInterface;
  readonly #options: LinkAnnouncerOptions;
  readonly #asked = new Set<ServiceRecord>();
  readonly #cancels = new Set<() => void>();
  #answering = false;
  #lastMulticast = -Infinity;
  #permits = UNICAST_ANSWERS_PER_S;
  #permitsAt: number;

  /** Nothing is sent before {@linkcode announce} or a query. */
  constructor(on: LinkInterface, options: LinkAnnouncerOptions) {
    this.#on = on;
    this.#options = options;
    this.#permitsAt = options.clock.now();
  }

  /** Says that the service is there: now, and again a second later. */
  announce(): void {
    const { service, addresses } = this.#options;
    const say = () => this.#multicast(announcementOf(service, { addresses }));
    say();
    this.#after(MULTICAST_PAUSE_MS, say);
  }

  /** Says that the service is gone. */
  goodbye(): void {
    this.#multicast(goodbyeOf(this.#options.service));
  }

  /** Takes a datagram in, whatever it holds and whoever sent it. */
  receive(bytes: Uint8Array, from: LinkSender): void {
    if (from.port === 0 || !mayBeOnLink(this.#on, from.address)) return;
    // Most of what is said on a network are responses: they are not read.
    if (bytes.length < HEADER_BYTES || (bytes[2]! & RESPONSE) !== 0) return;
    let query: DnsMessage;
    try {
      query = decodeMessage(bytes);
    } catch (error) {
      if (error instanceof ProtocolError) return;
      throw error;
    }
    const { service, addresses, send } = this.#options;
    const asked = askedOf(query, service);
    if (asked.size === 0) return;
    if (from.port !== MDNS_PORT && this.#mayAnswer(from)) {
      const response = answerOf(service, asked, { addresses });
      send(encodeMessage(legacyOf(response, { query, service })), from);
    } else {
      this.#answerSoon(asked);
    }
  }

  /** Sends nothing more. */
  [Symbol.dispose](): void {
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
  }

  // A forged sender must not make this host send to one outside: an IPv4 answer
  // passes no router (its time to live is 1), an IPv6 one goes to an address of
  // this network only. Past the limit the answer goes to all, once a second.
  #mayAnswer({ address }: LinkSender): boolean {
    if (this.#on.family === "IPv6" && !isKnownOnLink(this.#on, address)) {
      return false;
    }
    const now = this.#options.clock.now();
    const earned = (now - this.#permitsAt) * UNICAST_ANSWERS_PER_S / 1000;
    this.#permits = Math.min(UNICAST_ANSWERS_PER_S, this.#permits + earned);
    this.#permitsAt = now;
    if (this.#permits < 1) return false;
    this.#permits--;
    return true;
  }

  // Several indexes may be asked at once: each waits for a moment of its own.
  // What is asked in the meantime is answered with it.
  #answerSoon(asked: ReadonlySet<ServiceRecord>): void {
    for (const kind of asked) this.#asked.add(kind);
    if (this.#answering) return;
    this.#answering = true;
    const { service, addresses, clock, random } = this.#options;
    const wait = MIN_WAIT_MS + random() * (MAX_WAIT_MS - MIN_WAIT_MS);
    const earliest = this.#lastMulticast + MULTICAST_PAUSE_MS - clock.now();
    this.#after(Math.max(wait, earliest), () => {
      const answer = answerOf(service, new Set(this.#asked), { addresses });
      this.#asked.clear();
      this.#answering = false;
      this.#multicast(answer);
    });
  }

  #multicast(message: DnsMessage): void {
    this.#lastMulticast = this.#options.clock.now();
    this.#options.send(encodeMessage(message));
  }

  #after(ms: number, callback: () => void): void {
    const cancel = this.#options.clock.after(ms, () => {
      this.#cancels.delete(cancel);
      callback();
    });
    this.#cancels.add(cancel);
  }
}

const HEADER_BYTES = 12;

/** In the first byte of the flags. */
const RESPONSE = 0x80;

const MIN_WAIT_MS = 20;
const MAX_WAIT_MS = 120;
