import { assert } from "@std/assert";
import { permitted, tempDir } from "../../permission.ts";
import { killRounds } from "./kill_rounds.ts";

const needs = { net: true, read: true, write: true, run: true, env: true };

// `bench/index_kill.ts` does so 200 times.
permitted(
  needs,
  "an index that is killed at any moment loses nothing that it acknowledged",
  async () => {
    await using dir = await tempDir();
    const report = await killRounds(`${dir.path}/index.db`, 5);
    assert(report.registered > 5);
  },
);
