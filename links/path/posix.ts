/**
 * The part of `@std/path/posix` in use: the same functions, always with `/`.
 *
 * @module
 */
// @ts-types="./types.d.ts"
export * from "npm:deno-std@1.4.0/path/posix/mod.js";
