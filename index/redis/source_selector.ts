/**
 * Which of the sources that Redis knows a search gives.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { Selection } from "../memory/source_picker.ts";
import type { Search, SearchResult, Source } from "../store.ts";
import { type Candidate, readSources } from "./packed_sources.ts";
import { FINDING } from "./read_scripts.ts";
import type { SearchPlan } from "./request_packer.ts";
import { SourceTurns } from "./source_turns.ts";

/** Sources that are looked at for one search. */
const WINDOW = 128;

/** What a search gives. */
export interface Selected {
  readonly result: SearchResult;
  /** Those whose uses are counted, as fields of the registrations. */
  readonly used: readonly Buffer[];
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
  select(search: Search, packed: Buffer): Selected {
    if (packed[0] !== FINDING.FOUND) {
      const status = packed[0] === FINDING.BUSY ? "BUSY" : "NONE";
      return { result: { status }, used: [] };
    }
    const withNames = search.name === undefined;
    const sought = readSources(packed, { withNames });
    const { count, digest, candidates: found } = sought;
    const newest = found[0]!.source;
    if (this.#leastUsed) found.sort((a, b) => a.uses - b.uses);
    let chosen: readonly Candidate[] = fitting(search, found, newest);
    if (!this.#leastUsed) chosen = this.#takeTurns(search, found, chosen);
    const sources = chosen.map(({ source }) => source);
    return {
      result: { status: "FOUND", count, digest, newest, sources },
      used: this.#leastUsed
        ? sources.map((source) => field(source, search))
        : [],
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
}

/** Where a registration is kept. */
function field({ peer, name }: Source, search: Search): Buffer {
  const ofName = search.name?.subarray() ?? Buffer.from(name!);
  return Buffer.concat([Buffer.from(`${peer}\0`), ofName]);
}

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
