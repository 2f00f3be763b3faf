import { MemoryStore } from "../../index/memory/memory_store.ts";
import { testStoreCases } from "./store_cases.ts";

testStoreCases("MemoryStore", (options) => ({
  store: new MemoryStore({ ...options, seed: new Uint8Array(16).fill(1) }),
  [Symbol.asyncDispose]: () => Promise.resolve(),
}));
