/**
 * Runs a command line of the peer from its first word to its exit code.
 *
 * @module
 */

import { ValidationError } from "@cliffy/command";
import { systemSources } from "../../cli/option_sources.ts";
import { parseCommandLine } from "./command_line.ts";
import { exitCodeOf, explainError, helpFor } from "./describe_error.ts";
import { EXIT_CODE, type ExitCode } from "./exit_code.ts";
import { Output } from "./output.ts";

/** Why a command was stopped: the user said so. */
class Interrupted extends Error {
  override readonly name = "Interrupted";
}

/**
 * Runs a command line.
 *
 * @param args The words after the program's name.
 * @returns The exit code; whatever went wrong has been told.
 */
export async function runPeer(args: readonly string[]): Promise<ExitCode> {
  const interruption = new AbortController();
  const onSignal = () => {
    // Who asks twice does not want to wait for goodbyes.
    if (interruption.signal.aborted) Deno.exit(EXIT_CODE.INTERRUPTED);
    interruption.abort(new Interrupted("Interrupted"));
  };
  const signals = stopSignals();
  for (const signal of signals) Deno.addSignalListener(signal, onSignal);
  let output = new Output({ json: args.includes("--json") });
  try {
    const invocation = await parseCommandLine(
      args,
      systemSources("PEERDEX_"),
    );
    if (!invocation) return EXIT_CODE.DONE;
    output = invocation.settings.output;
    const { signal } = interruption;
    await invocation.job({ ...invocation.settings, signal });
    return EXIT_CODE.DONE;
  } catch (error) {
    if (interruption.signal.aborted) {
      output.note("Interrupted");
      return EXIT_CODE.INTERRUPTED;
    }
    const code = exitCodeOf(error);
    output.error(explainError(error), { code });
    if (error instanceof ValidationError) {
      output.note(`See ${helpFor(error)} for what may be typed`);
    }
    return code;
  } finally {
    for (const signal of signals) Deno.removeSignalListener(signal, onSignal);
  }
}

function stopSignals(): Deno.Signal[] {
  return Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
}
