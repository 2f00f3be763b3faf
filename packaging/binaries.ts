/**
 * Building the binaries with `deno compile`.
 *
 * @module
 */

import { fromFileUrl, join } from "@std/path";
import { CHECKSUMS_FILE, writeChecksums } from "./checksums.ts";
import { shebangPermissions } from "./permissions.ts";
import type { Program } from "./programs.ts";
import { binaryName, type Target } from "./targets.ts";

/** The project's folder. */
export const ROOT = fromFileUrl(new URL("../", import.meta.url));

/** How a run of Deno ended. */
export interface DenoEnd {
  readonly code: number;
  /** What it wrote to standard error. */
  readonly stderr: string;
}

/** What is to be built, and how. */
export interface BuildOptions {
  readonly programs: readonly Program[];
  readonly targets: readonly Target[];
  /** The folder to build into; it is made. */
  readonly output: string;
  /** Runs Deno in the project's folder with the given words. */
  readonly deno: (args: readonly string[]) => Promise<DenoEnd>;
  /** Called with the name of each file before it is built. */
  readonly onBuild?: (name: string) => void;
}

/** A binary could not be built. */
export class BuildError extends Error {
  override readonly name = "BuildError";
}

/**
 * Builds every program for every target, and writes their checksums.
 *
 * @returns The names of the binaries, in the order in which they were built.
 * @throws {BuildError} Where one could not be built. The checksums are written
 * last, so that a build that broke off has none.
 */
export async function buildBinaries(options: BuildOptions): Promise<string[]> {
  const { programs, targets, output, deno, onBuild } = options;
  await Deno.mkdir(output, { recursive: true });
  await removeOld(join(output, CHECKSUMS_FILE));
  const built: string[] = [];
  for (const target of targets) {
    for (const program of programs) {
      const name = binaryName(program.name, target);
      onBuild?.(name);
      const source = await Deno.readTextFile(join(ROOT, program.entry));
      const end = await deno(compileArguments({
        entry: program.entry,
        permissions: shebangPermissions(source),
        target,
        file: join(output, name),
      }));
      if (end.code !== 0) throw failure(name, end);
      built.push(name);
    }
  }
  await writeChecksums(output, built);
  return built;
}

/**
 * The words after `deno` that build one binary.
 *
 * A binary asks nobody for a permission that it was not built with. It keeps no
 * code cache: that would lie in the system's temporary folder under a name that
 * every user of the machine could take first.
 */
export function compileArguments({ entry, permissions, target, file }: {
  readonly entry: string;
  readonly permissions: readonly string[];
  readonly target: Target;
  readonly file: string;
}): string[] {
  return [
    "compile",
    ...["--config", "deno.json"],
    "--frozen",
    "--exclude-unused-npm",
    "--no-code-cache",
    "--no-prompt",
    ...permissions,
    ...["--target", target],
    ...["--output", file],
    entry,
  ];
}

function failure(name: string, { code, stderr }: DenoEnd): BuildError {
  const isRuntime = /denort|DENORT_BIN|base binary/i.test(stderr);
  const advice = isRuntime
    ? "deno compile takes the runtime that it builds on from dl.deno.land. " +
      "Build where that can be reached, or name a copy of this version's " +
      "denort for the target in DENORT_BIN and build for that target alone"
    : "what deno compile said stands above";
  return new BuildError(
    `Cannot build ${name}: deno compile ended with exit code ${code}; ${advice}`,
  );
}

async function removeOld(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
