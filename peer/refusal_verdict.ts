/**
 * What an index client makes of a refusal: another try, or the end.
 *
 * @module
 */

import type { ErrorReply } from "../protocol/error_reply.ts";
import {
  IndexError,
  NotFoundError,
  type RefusalContext,
} from "./index_error.ts";
import type { RequestKind } from "./pending_requests.ts";
import { retryDelay } from "./retry_schedule.ts";

/** How often an index may refuse the tokens that it gave itself. */
const MAX_TOKEN_REFUSALS = 8;

/** How often an index may refuse a member that has just shown its key. */
const MAX_MEMBER_REFUSALS = 2;

/** By how much a wait that was asked for is made longer at most, as a part of it. */
const LONGER = 0.25;

/** What to do with a request that was refused. */
export type RefusalVerdict =
  /** Send it again at once, with the token that came. */
  | { readonly action: "renew" }
  /** Show a key that the index may know, and send it again then. */
  | { readonly action: "prove" }
  /** Send it again after so many milliseconds. */
  | { readonly action: "wait"; readonly ms: number }
  /** Tell whoever asked. */
  | { readonly action: "fail" };

/** How a request has fared so far. */
export interface RefusedRequest {
  /** How often it was sent since the index last answered it. */
  readonly tries: number;
  /** How often its token was refused before. */
  readonly tokenRefusals: number;
  /** Who has to ask. */
  readonly kind: Pick<RequestKind, "by">;
  /** How often it was refused as one for members only before. */
  readonly memberRefusals: number;
  /** How long the index has made it wait already, in milliseconds. */
  readonly busyMs: number;
}

/**
 * Decides on a refusal.
 *
 * @param options How long a request may be made to wait in all, in
 * milliseconds, and numbers from 0 up to but not including 1: those that are
 * sent away together should not come back together.
 */
export function judgeRefusal(
  reply: Pick<ErrorReply, "error" | "token" | "retryAfter">,
  request: RefusedRequest,
  { patienceMs, random }: { patienceMs: number; random: () => number },
): RefusalVerdict {
  switch (reply.error) {
    case "TOKEN": {
      const again = reply.token !== 0n &&
        request.tokenRefusals < MAX_TOKEN_REFUSALS;
      return { action: again ? "renew" : "fail" };
    }
    case "FORBIDDEN": {
      const again = request.kind.by !== "anybody" &&
        request.memberRefusals < MAX_MEMBER_REFUSALS;
      return { action: again ? "prove" : "fail" };
    }
    case "BUSY":
    case "UNAVAILABLE": {
      const asked = reply.retryAfter * 1_000 * (1 + LONGER * random());
      const ms = Math.max(asked, retryDelay(request.tries, random()));
      if (request.busyMs + ms > patienceMs) return { action: "fail" };
      return { action: "wait", ms };
    }
    default:
      return { action: "fail" };
  }
}

/** The error that whoever asked is told. */
export function refusalError(
  reply: Pick<ErrorReply, "code" | "error" | "retryAfter" | "text">,
  context: RefusalContext,
): IndexError {
  return reply.error === "NOT_FOUND"
    ? new NotFoundError(reply, context)
    : new IndexError(reply, context);
}
