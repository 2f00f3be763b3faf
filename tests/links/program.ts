/**
 * A small program for tests of what a wrong command line does to a process.
 *
 * @module
 */

import { sampleCommand } from "./sample_command.ts";

await sampleCommand().parse(Deno.args);
