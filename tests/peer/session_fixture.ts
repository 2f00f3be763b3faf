/**
 * A session at a small index, on a network and a clock of the test's.
 *
 * @module
 */

import type { IndexClientOptions } from "../../peer/index_client.ts";
import {
  Session,
  type SessionEvent,
  type SessionOptions,
  type SharedEntry,
} from "../../peer/session.ts";
import { contentName } from "../../protocol/name.ts";
import { ALICE, METADATA, type Stage, stage } from "./client_fixture.ts";

/** What a test has before it. */
export interface SessionStage extends Stage {
  readonly session: Session;
  /** What the session told so far. */
  readonly events: SessionEvent[];
}

/** Sets the stage. */
export async function play(
  client: Partial<IndexClientOptions> = {},
  options: Partial<SessionOptions> = {},
): Promise<SessionStage> {
  const at = await stage(client);
  const events: SessionEvent[] = [];
  const session = await at.clock.until(Session.open(at.client, {
    peer: ALICE,
    port: 6010,
    clock: at.clock,
    onEvent: (event) => events.push(event),
    ...options,
  }));
  return {
    ...at,
    session,
    events,
    async [Symbol.asyncDispose]() {
      await at.clock.until(session[Symbol.asyncDispose]());
      await at[Symbol.asyncDispose]();
    },
  };
}

/** Something to share. */
export function shared(name: string): SharedEntry {
  return { name: contentName(name), metadata: METADATA };
}

/** Much to share. */
export function many(count: number): SharedEntry[] {
  return Array.from({ length: count }, (_, i) => shared(`file ${i}`));
}
