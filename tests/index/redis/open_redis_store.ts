/**
 * Stores on a Redis of a test.
 *
 * @module
 */

import { DEFAULT_LIMITS, type StoreLimits } from "../../../index/limits.ts";
import type { Selection } from "../../../index/memory/source_picker.ts";
import { RedisStore } from "../../../index/redis/redis_store.ts";

/** How a store is to be. */
export interface RedisStageOptions {
  readonly limits?: Partial<StoreLimits>;
  readonly selection?: Selection;
  /** The time that leases follow; without, that of Redis. */
  readonly now?: number;
  readonly registry?: string;
  /** Told when Redis goes away; without, the console is. */
  readonly fault?: (error: unknown) => void;
}

/** Opens a store on a Redis. */
export function openRedisStore(
  url: string,
  options: RedisStageOptions = {},
): Promise<RedisStore> {
  const { limits, selection = "newest", now, registry = "test" } = options;
  return RedisStore.connect({
    url,
    registry,
    limits: { ...DEFAULT_LIMITS, ...limits },
    selection,
    maxReplies: 1_024,
    random: (bytes) => crypto.getRandomValues(bytes),
    clock: () => now ?? Date.now(),
    callerTime: now !== undefined,
    fault: options.fault ?? ((error) => console.error(error)),
  });
}
