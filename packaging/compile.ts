/**
 * Builds what a release is made of into `dist/`: the binaries, their checksums
 * and the manual pages. `deno task compile --help` says what may be typed.
 *
 * @module
 */

import { Command, ValidationError } from "@cliffy/command";
import { join, resolve } from "@std/path";
import { buildBinaries, BuildError, type DenoEnd, ROOT } from "./binaries.ts";
import { writeManuals } from "./man.ts";
import { PROGRAMS } from "./programs.ts";
import { chooseTargets, type Target } from "./targets.ts";

/** What a command line asks for. */
export interface CompileRequest {
  readonly targets: readonly Target[];
  readonly output: string;
}

/**
 * Reads a command line.
 *
 * @param args The words after the script's name.
 * @param environment What this machine is, and the variable `DENORT_BIN`.
 * @returns What it means, or `undefined` where it asked for help, which has then
 * been shown.
 * @throws {ValidationError} Where it was typed wrongly.
 */
export async function parseCompileLine(
  args: readonly string[],
  environment: {
    readonly host: string;
    readonly denort?: string | undefined;
  },
): Promise<CompileRequest | undefined> {
  let request: CompileRequest | undefined;
  await new Command()
    .name("compile")
    .description(
      "Builds both programs, their checksums and their manual pages. The " +
        "runtime that they are built on is downloaded from dl.deno.land, " +
        "unless the variable DENORT_BIN names a copy of it.",
    )
    .option(
      "--target <target:string>",
      "A target, host for this machine, or all; may be given several times.",
      { collect: true },
    )
    .option("--output <folder:string>", "Where to build.", { default: "dist" })
    .example("for this machine alone", "deno task compile --target host")
    .action(({ target = ["all"], output }) => {
      const targets = targetsOf(target, environment.host);
      if (environment.denort !== undefined && targets.length > 1) {
        throw new ValidationError(
          "Cannot build for several targets on the one runtime that " +
            "DENORT_BIN names: give its target with --target",
        );
      }
      request = { targets, output };
    })
    .throwErrors()
    .noExit()
    .parse([...args]);
  return request;
}

async function main(args: readonly string[]): Promise<number> {
  try {
    const request = await parseCompileLine(args, {
      host: Deno.build.target,
      denort: Deno.env.get("DENORT_BIN"),
    });
    if (request) await compile(request);
    return 0;
  } catch (error) {
    const isUsage = error instanceof ValidationError;
    if (!isUsage && !(error instanceof BuildError)) throw error;
    console.error(`error: ${error.message}`);
    return isUsage ? 2 : 1;
  }
}

async function compile({ targets, output }: CompileRequest): Promise<void> {
  const folder = resolve(output);
  const pages = await writeManuals(PROGRAMS, join(folder, "man"));
  console.log(`Wrote ${pages.join(" and ")} into ${join(output, "man")}`);
  const built = await buildBinaries({
    programs: PROGRAMS,
    targets,
    output: folder,
    deno: runDeno,
    onBuild: (name) => console.log(`Building ${name}`),
  });
  console.log(`Built ${built.length} binaries and SHA256SUMS in ${output}`);
}

/** Runs Deno, and shows what it says while it runs. */
async function runDeno(args: readonly string[]): Promise<DenoEnd> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: ROOT,
    stdin: "null",
    stderr: "piped",
  }).spawn();
  let stderr = "";
  const decoder = new TextDecoder();
  for await (const bytes of child.stderr) {
    stderr += decoder.decode(bytes, { stream: true });
    Deno.stderr.writeSync(bytes);
  }
  const { code } = await child.status;
  return { code, stderr };
}

function targetsOf(words: readonly string[], host: string): Target[] {
  try {
    return chooseTargets(words, host);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ValidationError(error.message);
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
