import type { StoreLimits } from "../../../index/limits.ts";
import type { Selection } from "../../../index/memory/source_picker.ts";
import { RedisStore } from "../../../index/redis/redis_store.ts";
import { testStoreCases } from "../store_cases.ts";
import { type OpenStage, testStore } from "../store_contract.ts";
import {
  REDIS_NEEDS,
  REDIS_PROGRAM,
  RedisServer,
  withRedis,
} from "./redis_server.ts";

interface Options {
  readonly limits: StoreLimits;
  readonly selection: Selection;
  readonly now: number;
}

function connect(
  { url }: RedisServer,
  { limits, selection, now }: Options,
): Promise<RedisStore> {
  return RedisStore.connect({
    url,
    limits,
    selection,
    maxReplies: 1_024,
    random: (bytes) => crypto.getRandomValues(bytes),
    clock: () => now,
    callerTime: true,
    fault: (error) => console.error(error),
  });
}

// After every restart it is another index that is asked.
const contract: OpenStage = async (options) => {
  const server = await RedisServer.start();
  let store = await connect(server, options);
  return {
    get store() {
      return store;
    },
    async restart(now) {
      await store.swept();
      await store[Symbol.asyncDispose]();
      store = await connect(server, { ...options, now });
    },
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
};
if (REDIS_PROGRAM) testStore("RedisStore", contract, REDIS_NEEDS);

testStoreCases("RedisStore", async (options) => {
  const server = await RedisServer.start();
  const store = await connect(server, options);
  return {
    store,
    keepsMarks: true,
    settle: () => store.swept(),
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}, withRedis);
