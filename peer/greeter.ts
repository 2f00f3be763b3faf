/**
 * Says hello to an index: who this peer is, with what key, and whether the index
 * still knows.
 *
 * @module
 */

import { formatAddress } from "../protocol/address.ts";
import type { Signer } from "../protocol/hello.ts";
import type { PeerName } from "../protocol/name.ts";
import { readProbe } from "../protocol/probe.ts";
import { PEERDEX_VERSION } from "../protocol/version.ts";
import type { Answer } from "./answer_pages.ts";
import type { Clock } from "./clock.ts";
import type { HelloOptions, HelloReply } from "./index_client_options.ts";
import { helloRequest } from "./index_request.ts";
import type { RequestKind } from "./pending_requests.ts";
import { SessionGate } from "./session_gate.ts";

const AGENT = `peerdex ${PEERDEX_VERSION}`;

/** What saying hello needs. */
export interface GreeterOptions {
  /** The user name, where a hello gives none. */
  readonly peer: PeerName;
  /** The key that owns what is registered; without, the socket does. */
  readonly signer: Signer | undefined;
  /** Finds the key to show where there is no `signer`. */
  readonly member: (() => Promise<Signer | undefined>) | undefined;
  /** The program that asks. */
  readonly agent: string | undefined;
  readonly clock: Clock;
  /** The address that the index is reached at. */
  readonly index: () => string;
  /** Asks the index. */
  readonly ask: (kind: RequestKind, signal?: AbortSignal) => Promise<Answer>;
}

/** Says hello. */
export class Greeter {
  /** Holds back what must come from an owner that the index knows. */
  readonly gate: SessionGate;
  readonly #options: GreeterOptions;
  #last: Pick<HelloOptions, "peer" | "port" | "lease"> = {};

  constructor(options: GreeterOptions) {
    const { signer, clock } = options;
    this.#options = options;
    this.gate = new SessionGate(
      () => this.hello(signer ? this.#last : { visit: true }).then(() => {}),
      { needed: signer !== undefined, clock },
    );
  }

  /** Opens or renews the session and the leases of all that it holds, or ends it. */
  async hello(
    { signal, peer, port, lease, probe, visit = false, goodbye = false }:
      HelloOptions,
  ): Promise<HelloReply> {
    const { clock, index, ask, member, ...own } = this.#options;
    if (!goodbye && !visit) this.#last = { peer, port, lease };
    const signer = own.signer ?? (visit ? await member?.() : undefined);
    const askedAt = clock.now();
    const request = helloRequest({
      peer: peer ?? own.peer,
      port: port ?? 0,
      lease: lease ?? 0,
      goodbye,
      probe,
      visit,
      agent: own.agent ?? AGENT,
      index,
    }, signer);
    const { ack } = await ask(request, signal);
    if (goodbye) this.gate.forget();
    else this.gate.keep(askedAt, visit ? Infinity : ack.lease);
    return {
      lease: ack.lease,
      count: ack.count,
      hostname: formatAddress(ack.address),
      port: ack.port,
      probe: readProbe(ack.cursor),
      text: ack.text,
    };
  }
}
