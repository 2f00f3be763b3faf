/**
 * The part of `@std/assert` in use: std's own code from npm, with types added.
 *
 * @module
 */
// @ts-types="./types.d.ts"
export * from "npm:deno-std@1.4.0/assert/mod.js";
