import { MemoryStore } from "../../index/memory/memory_store.ts";
import { testStore } from "./store_contract.ts";

testStore("MemoryStore", (options) => ({
  store: new MemoryStore({ ...options, seed: new Uint8Array(16) }),
  [Symbol.asyncDispose]: () => Promise.resolve(),
}));
