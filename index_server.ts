#!/usr/bin/env -S deno run --allow-net --allow-sys=networkInterfaces --allow-env=PEERDEX_INDEX_*
/**
 * The index server's program: `index_server.ts --help` says what it does.
 *
 * @module
 */

import { runIndexServer } from "./index/cli/run.ts";

if (import.meta.main) Deno.exit(await runIndexServer(Deno.args));
