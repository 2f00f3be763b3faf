/**
 * Asks for indexes on one interface and takes the answers in.
 *
 * @module
 */

import type { Address } from "../protocol/address.ts";
import { ProtocolError } from "../protocol/pdu.ts";
import type { Attempt } from "./attempt.ts";
import {
  decodeMessage,
  type DnsMessage,
  encodeMessage,
} from "./dns_message.ts";
import {
  hostnameOn,
  type Link,
  type LinkInterface,
  type LinkSender,
  mayBeOnLink,
  MDNS_PORT,
  type Network,
} from "./link.ts";
import { SERVICE_TYPE } from "./service.ts";
import { offersIn, type ServiceOffer } from "./service_offer.ts";

/** How an interface is asked. */
export interface LinkAskerOptions {
  readonly network: Network;
  /** Matches answers to this search: 0 to 65,535, hard to guess. */
  readonly id: number;
  /** Called with every offer that passed the checks. */
  readonly onOffer: (offer: ServiceOffer, on: LinkInterface) => void;
}

/**
 * Asks on one interface in two ways, of which at least one passes the usual
 * packet filters: from port 5353, where the answer comes to all, and from a
 * port of its own, to which it comes alone.
 */
export class LinkAsker implements AsyncDisposable {
  readonly #on: LinkInterface;
  readonly #options: LinkAskerOptions;
  readonly #closing: Promise<void>[] = [];
  #group: Link | undefined;
  #own: Link | undefined;
  #from: Address | undefined;
  #problem: unknown;

  /** Nothing is opened before {@linkcode open}. */
  constructor(on: LinkInterface, options: LinkAskerOptions) {
    this.#on = on;
    this.#options = options;
    this.#from = on.address;
  }

  /** What was tried here. */
  get attempt(): Attempt {
    const { name, family } = this.#on;
    const from = this.#from && hostnameOn(this.#on, this.#from);
    const problem = this.#isOpen ? undefined : reasonOf(this.#problem);
    return { interface: name, family, from, problem };
  }

  /** Whether it was not known to be there, and is not. */
  get isWrongGuess(): boolean {
    return this.#on.guessed && !this.#isOpen;
  }

  /** Opens the sockets that can be opened. It never rejects. */
  async open(): Promise<void> {
    const { network } = this.#options;
    const open = async (kind: "group" | "asker") => {
      const link: Link = await network.open(this.#on, {
        kind,
        take: (bytes, from) => this.#take(bytes, { from, kind }),
        fail: (error) => this.#fail(link, error),
      });
      return link;
    };
    const [group, own] = await Promise.allSettled([
      open("group"),
      open("asker"),
    ]);
    if (group.status === "fulfilled") this.#group = group.value;
    else this.#problem = group.reason;
    if (own.status === "fulfilled") this.#own = own.value;
    else this.#problem ??= own.reason;
  }

  /** Asks from its own port. It never rejects. */
  async askAlone(): Promise<void> {
    await this.#send(this.#own, queryBytes(this.#options.id));
  }

  /** Asks in both ways. It never rejects. */
  async ask(): Promise<void> {
    await Promise.all([this.askAlone(), this.#send(this.#group, QUERY_TO_ALL)]);
  }

  /** Closes its sockets. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#drop(this.#group);
    this.#drop(this.#own);
    await Promise.all(this.#closing);
  }

  get #isOpen(): boolean {
    return this.#group !== undefined || this.#own !== undefined;
  }

  async #send(link: Link | undefined, query: Uint8Array): Promise<void> {
    if (!link) return;
    try {
      await link.send(query);
    } catch (error) {
      this.#fail(link, error);
    }
  }

  #fail(link: Link, error: unknown): void {
    this.#problem = error;
    this.#drop(link);
  }

  #drop(link: Link | undefined): void {
    if (!link) return;
    if (this.#group === link) this.#group = undefined;
    if (this.#own === link) this.#own = undefined;
    this.#closing.push(Promise.resolve(link[Symbol.asyncDispose]()));
  }

  #take(
    bytes: Uint8Array,
    { from, kind }: { from: LinkSender; kind: "group" | "asker" },
  ): void {
    if (!mayBeOnLink(this.#on, from.address)) return;
    const message = read(bytes);
    if (!message) return;
    const { id, onOffer } = this.#options;
    const toUs = message.id === id;
    if (!message.response) {
      // The own question comes round: so that is the address it came from.
      if (toUs && from.port === this.#own?.port) this.#from ??= from.address;
      return;
    }
    // Only port 5353 speaks for its host (RFC 6762, section 6), and only who
    // heard the question answers to the port that it came from.
    if (from.port !== MDNS_PORT || (kind === "asker" && !toUs)) return;
    const source = from.address;
    for (const offer of offersIn(message, { on: this.#on, source })) {
      onOffer(offer, this.#on);
    }
  }
}

const QUERY_TO_ALL = queryBytes(0);

function queryBytes(id: number): Uint8Array {
  return encodeMessage({
    id,
    response: false,
    questions: [{ name: SERVICE_TYPE, type: "PTR", unicast: false }],
    answers: [],
    additionals: [],
  });
}

function read(bytes: Uint8Array): DnsMessage | undefined {
  try {
    return decodeMessage(bytes);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
