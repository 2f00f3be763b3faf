/**
 * A remembered digest as a line of text, with a check at its start so that a
 * damaged one is known.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { hash } from "node:crypto";
import { type Digest, DIGEST_BYTES } from "../protocol/digest.ts";
import type { CacheEntry } from "./digest_cache.ts";

/** Hexadecimal digits of the check. */
const CHECK_DIGITS = 12;

/** Writes an entry as a line, its newline included: ASCII alone. */
export function encodeLine(entry: CacheEntry): string {
  const fields = [
    encodeURIComponent(entry.path.toWellFormed()),
    entry.stamp,
    entry.size,
    entry.exponent,
    base64(entry.digest),
    base64(entry.pieceHashes),
  ].join("\t");
  return `${checkOf(fields)}\t${fields}\n`;
}

/** Reads a line, or returns `undefined` where it is none. */
export function decodeLine(line: string): CacheEntry | undefined {
  if (!line.endsWith("\n") || line[CHECK_DIGITS] !== "\t") return undefined;
  const text = line.slice(CHECK_DIGITS + 1, -1);
  const fields = text.split("\t");
  if (fields.length !== 6) return undefined;
  if (checkOf(text) !== line.slice(0, CHECK_DIGITS)) return undefined;
  const [path, stamp, size, exponent, digest, pieceHashes] = fields as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const entry = {
    path: decodeURIComponent(path),
    stamp,
    size: Number(size),
    exponent: Number(exponent),
    digest: bytesOf(digest) as Digest,
    pieceHashes: bytesOf(pieceHashes),
  };
  return entry.digest.length === DIGEST_BYTES ? entry : undefined;
}

function checkOf(text: string): string {
  return hash("sha256", text, "hex").slice(0, CHECK_DIGITS);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    .toString("base64");
}

function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "base64"));
}
