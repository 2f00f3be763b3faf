/**
 * Kills an index with a database while it registers in bulk, 200 times or as
 * often as the first argument says, and looks each time what is there:
 *
 *   deno run -A bench/index_kill.ts [TIMES]
 *
 * It fails where an acknowledged registration is lost or one is there by half.
 *
 * @module
 */

import { killRounds } from "../tests/index/sqlite/kill_rounds.ts";
import { tempDir } from "../tests/permission.ts";

await using dir = await tempDir();
const kills = Number(Deno.args[0] ?? 200);
const report = await killRounds(`${dir.path}/index.db`, kills);
console.log(JSON.stringify(report));
