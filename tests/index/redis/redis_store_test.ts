import { START } from "../test_index.ts";
import { testStoreCases } from "../store_cases.ts";
import { type OpenStage, testStore } from "../store_contract.ts";
import { openRedisStore } from "./open_redis_store.ts";
import {
  REDIS_NEEDS,
  REDIS_PROGRAM,
  RedisServer,
  withRedis,
} from "./redis_server.ts";

// After every restart it is another index that is asked.
const contract: OpenStage = async (options) => {
  const server = await RedisServer.start();
  let store = await openRedisStore(server.url, options);
  return {
    get store() {
      return store;
    },
    async restart(now) {
      await store.swept();
      await store[Symbol.asyncDispose]();
      store = await openRedisStore(server.url, { ...options, now });
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
  const store = await openRedisStore(server.url, options);
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

testStoreCases("RedisStore on a cluster", async (options) => {
  const server = await RedisServer.start({ cluster: true });
  await server.command("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
  while (!(await server.command("CLUSTER", "INFO")).includes("state:ok"));
  const url = server.url.replace("redis:", "redis+cluster:");
  const store = await openRedisStore(url, { ...options, now: START });
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
