import { permitted } from "../../permission.ts";
import { testStoreCases } from "../store_cases.ts";
import { FILE_NEEDS, SqliteStage } from "./sqlite_stage.ts";

testStoreCases("SqliteStore", async (options) => {
  const stage = await SqliteStage.open(options);
  return {
    store: stage.store,
    commit: (now) => stage.settle(now),
    [Symbol.asyncDispose]: () => stage[Symbol.asyncDispose](),
  };
}, (name, fn) => permitted(FILE_NEEDS, name, fn));
