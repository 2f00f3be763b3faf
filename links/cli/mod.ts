/**
 * The part of `@std/cli` in use: std's own code from npm, with types added.
 *
 * @module
 */
export * from "./parse_args.ts";
export * from "./unicode_width.ts";
