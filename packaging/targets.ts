/**
 * The systems that binaries are built for.
 *
 * @module
 */

/** The systems that `deno compile` builds for, by the names that it knows. */
export const TARGETS = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
  "x86_64-pc-windows-msvc",
] as const;

/** One of {@linkcode TARGETS}. */
export type Target = typeof TARGETS[number];

/**
 * The targets that words on a command line mean, each once.
 *
 * @param words Targets, `host` for this machine, `all` for every one.
 * @param host What this machine is, as `Deno.build.target` says it.
 * @throws {RangeError} Where a word is none of these.
 */
export function chooseTargets(
  words: readonly string[],
  host: string,
): Target[] {
  const wanted = words.flatMap((word) => {
    if (word === "all") return [...TARGETS];
    const name = word === "host" ? host : word;
    const target = TARGETS.find((each) => each === name);
    if (target !== undefined) return [target];
    const shown = word === "host" ? `this machine (${host})` : `"${word}"`;
    throw new RangeError(
      `Cannot build for ${shown}: expected host, all, ${TARGETS.join(", ")}`,
    );
  });
  return [...new Set(wanted)];
}

/** The file that a program becomes. */
export function binaryName(program: string, target: Target): string {
  const extension = target.includes("windows") ? ".exe" : "";
  return `${program}-${target}${extension}`;
}
