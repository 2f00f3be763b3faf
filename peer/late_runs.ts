/**
 * The end of a download: what one source owes for too long is asked of another
 * as well, so that the last pieces are not waited for.
 *
 * @module
 */

import { hasBit } from "./bitfield.ts";
import type { BlockMap, Run } from "./block_map.ts";
import type { BlockPicker } from "./block_picker.ts";
import type { Candidate } from "./candidate.ts";
import type { Clock } from "./clock.ts";
import type { PieceChecker } from "./piece_checker.ts";
import type { Swarm } from "./swarm.ts";

/** What late runs are found by. */
export interface LateRunsOptions {
  readonly map: BlockMap;
  readonly picker: BlockPicker;
  readonly checker: PieceChecker<Candidate>;
  readonly swarm: Swarm;
  readonly clock: Clock;
}

/** How many sources are asked for the same block in the end. */
const MAX_ASKED = 2;

/**
 * How late whatever anybody else is asked for may be, in milliseconds: sources
 * that make each other wait must not make us wait.
 */
const OVERDUE_MS = 10_000;

/** How much later than we another source must be before we ask as well. */
const LATE_FACTOR = 1.5;

/** Finds what is late. */
export class LateRuns {
  readonly #options: LateRunsOptions;

  /** Looks at these, none of which it owns. */
  constructor(options: LateRunsOptions) {
    this.#options = options;
  }

  /**
   * Picks what another source should have delivered long ago, and counts it as
   * asked for once more.
   *
   * @param candidate The source that could deliver it sooner.
   */
  pick(candidate: Candidate): Run | undefined {
    const { swarm, picker, checker, map, clock } = this.#options;
    if (candidate.asked.length > 0) return undefined;
    // What is missing and may be asked of one alone is waited for as well.
    if (picker.missing > 0 && !checker.isChoosy) return undefined;
    const now = clock.now();
    let latest: Run | undefined;
    let latestMs = 0;
    for (const other of swarm.active) {
      if (other === candidate) continue;
      for (const [i, run] of other.asked.entries()) {
        const ms = other.expectedMs(i, now);
        const mine = candidate.timeFor(run.length);
        if (ms <= latestMs || ms < LATE_FACTOR * mine) continue;
        const isOverdue = other.idleMs(now) > OVERDUE_MS;
        if (isOverdue && !checker.mayAsk(map.pieceOf(run.first), candidate)) {
          swarm.makeRoom(other);
        }
        if (!this.#mayAskAgain(run, { candidate, isOverdue })) continue;
        latest = run;
        latestMs = ms;
      }
    }
    if (latest) picker.ask(latest);
    return latest && map.run(latest.first, latest.count);
  }

  #mayAskAgain(
    { first, count }: Run,
    { candidate, isOverdue }: { candidate: Candidate; isOverdue: boolean },
  ): boolean {
    const { picker, checker, map } = this.#options;
    const most = isOverdue ? Infinity : MAX_ASKED;
    for (let block = first; block < first + count; block++) {
      if (picker.hasCome(block) || picker.askedOf(block) >= most) return false;
      const piece = map.pieceOf(block);
      if (!checker.mayAsk(piece, candidate)) return false;
      if (candidate.have && !hasBit(candidate.have, piece)) return false;
    }
    return true;
  }
}
