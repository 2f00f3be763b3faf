/**
 * The part of `@std/fs` in use, over the runtime's own functions.
 *
 * @module
 */
export * from "./empty_dir.ts";
export * from "./ensure_dir.ts";
export * from "./exists.ts";
export * from "./move.ts";
export * from "./walk.ts";
