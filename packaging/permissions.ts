/**
 * What a program may touch, as the first line of its entry point says it.
 *
 * @module
 */

/**
 * The permission flags in a shebang of `deno run`. They stand there once; what
 * is compiled or installed gets the same.
 *
 * @param source The source of an entry point.
 * @throws {SyntaxError} Where it does not start with such a line.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   shebangPermissions("#!/usr/bin/env -S deno run --allow-net\n"),
 *   ["--allow-net"],
 * );
 * ```
 */
export function shebangPermissions(source: string): string[] {
  const [line = ""] = source.split("\n", 1);
  const words = line.match(/^#!\/usr\/bin\/env -S deno run((?: --\S+)+)\s*$/);
  const flags = words?.[1]?.trim().split(" ") ?? [];
  const all = flags.every((flag) => /^--(allow|deny)-[a-z]+(=|$)/.test(flag));
  if (!flags.length || !all || flags.includes("--allow-all")) {
    throw new SyntaxError(
      `Cannot read permissions from "${line}": expected ` +
        `"#!/usr/bin/env -S deno run" and permission flags, each in its own right`,
    );
  }
  return flags;
}
