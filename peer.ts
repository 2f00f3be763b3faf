#!/usr/bin/env -S deno run --allow-net --allow-read --allow-write --allow-sys=networkInterfaces,statfs --allow-env=PEERDEX_*
/**
 * The peer's program: `peer.ts --help` says what it does.
 *
 * @module
 */

import { runPeer } from "./peer/cli/run.ts";

if (import.meta.main) Deno.exit(await runPeer(Deno.args));
