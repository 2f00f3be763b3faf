/**
 * Which of the sources that Redis knows a search gives.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { Address } from "../../protocol/address.ts";
import type { Digest } from "../../protocol/digest.ts";
import type { PublicKey } from "../../protocol/key.ts";
import type { ContentName, PeerName } from "../../protocol/name.ts";
import type { Selection } from "../memory/source_picker.ts";
import type { Search, SearchResult, Source } from "../store.ts";
import type { RedisReply } from "./command_lots.ts";
import { readShape, type SearchPlan } from "./request_packer.ts";
import { SourceTurns } from "./source_turns.ts";

/** Sources that are looked at for one search. */
const WINDOW = 128;

/** Fields of a source in a reply, without how often it was handed out. */
const FIELDS = 8;

/** What a search gives. */
export interface Selected {
  readonly result: SearchResult;
  /** Those whose uses are counted, as fields of the registrations. */
  readonly used: readonly Buffer[];
}

interface Candidate {
  readonly source: Source;
  readonly age: number;
  readonly uses: number;
  readonly field: () => Buffer;
}

/** Chooses sources, so that one search after the other reaches all of them. */
export class SourceSelector {
  readonly #turns = new SourceTurns();
  readonly #leastUsed: boolean;

  constructor(selection: Selection) {
    this.#leastUsed = selection === "least-used";
  }

  /** What to ask for. */
  plan(search: Search): SearchPlan {
    if (this.#leastUsed) return { turn: 0, wanted: WINDOW, withUses: true };
    const turn = this.#turns.size === 0
      ? 0
      : this.#turns.get(contentKey(search));
    const wanted = Math.min(search.room + 1, WINDOW);
    return { turn, wanted, withUses: false };
  }

  /** Chooses from what was found. */
  select(search: Search, reply: RedisReply): Selected {
    if (!Array.isArray(reply)) {
      return { result: { status: reply === 1 ? "BUSY" : "NONE" }, used: [] };
    }
    const count = reply[0] as number;
    const digest = reply[1] as Uint8Array as Digest;
    const found = this.#candidates(search, reply as readonly Buffer[]);
    const newest = found[0]!.source;
    if (this.#leastUsed) found.sort((a, b) => a.uses - b.uses);
    let chosen: readonly Candidate[] = fitting(search, found, newest);
    if (!this.#leastUsed) chosen = this.#takeTurns(search, found, chosen);
    const sources = chosen.map(({ source }) => source);
    return {
      result: { status: "FOUND", count, digest, newest, sources },
      used: this.#leastUsed ? chosen.map(({ field }) => field()) : [],
    };
  }

  #takeTurns(
    search: Search,
    found: readonly Candidate[],
    chosen: readonly Candidate[],
  ): readonly Candidate[] {
    if (chosen.length === found.length) {
      if (this.#turns.size > 0) this.#turns.delete(contentKey(search));
      return chosen;
    }
    const content = contentKey(search);
    if (chosen.length === 1) {
      // Names so long that one source fills the reply: the newest waits as well.
      const turn = this.#turns.get(content);
      const next = found[1]!.age < turn ? found[1]! : found[0]!;
      chosen = [next];
    }
    this.#turns.set(content, chosen.at(-1)!.age);
    return chosen;
  }

  #candidates(search: Search, reply: readonly Buffer[]): Candidate[] {
    const stride = this.#leastUsed ? FIELDS + 1 : FIELDS;
    const found: Candidate[] = [];
    for (let at = 2; at < reply.length; at += stride) {
      const [peer, name, address, port, shape, key, leaseEnd, age, uses] = reply
        .slice(at, at + stride) as [
          Buffer,
          Buffer,
          Buffer,
          Buffer,
          Buffer,
          Buffer,
          Buffer,
          Buffer,
          Buffer?,
        ];
      found.push({
        source: {
          peer: peer.toString() as PeerName,
          name: search.name ? undefined : name.toString() as ContentName,
          address: address as Uint8Array as Address,
          port: Number(port),
          leaseEnd: Number(leaseEnd),
          key: key.length > 0 ? key as Uint8Array as PublicKey : undefined,
          ...readShape(shape),
        },
        age: Number(age),
        uses: Number(uses ?? 0),
        field: () =>
          Buffer.concat([peer, NUL, search.name?.subarray() ?? name]),
      });
    }
    return found;
  }
}

const NUL = new Uint8Array(1);

/** As many as have room: at least one. */
function fitting(
  search: Search,
  found: readonly Candidate[],
  newest: Source,
): readonly Candidate[] {
  let end = 0;
  for (let left = search.room; end < found.length; end++) {
    left -= search.cost(found[end]!.source, newest);
    if (left < 0 && end > 0) break;
  }
  return found.slice(0, end);
}

function contentKey({ name, digest }: Search): string {
  const text = (bytes: Uint8Array | undefined) =>
    bytes ? Buffer.from(bytes).toString("latin1") : "";
  return `${text(name?.subarray())}\0${text(digest?.subarray())}`;
}
