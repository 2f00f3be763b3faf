/**
 * What the page's requests say, read with bounds.
 *
 * @module
 */

import { type ContentName, contentName, quote } from "../../protocol/name.ts";
import type { IfExists } from "../place_file.ts";
import { RequestError } from "./request_error.ts";

/** The most bytes of a request that is JSON. */
const MAX_JSON_BYTES = 1024 * 1024;

/**
 * Reads a request's body as a JSON object.
 *
 * @throws {RequestError} Where it is too long or none.
 */
export async function jsonOf(
  request: Request,
): Promise<Readonly<Record<string, unknown>>> {
  const type = request.headers.get("content-type") ?? "";
  if (type.split(";")[0] !== "application/json") {
    throw new RequestError(415, "Only JSON can be sent here");
  }
  if (sizeOf(request) > MAX_JSON_BYTES) {
    throw new RequestError(413, "That is too long");
  }
  const value: unknown = await request.json();
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new RequestError(400, "A JSON object was expected");
  }
  return { ...value };
}

/**
 * Reads how long a request's body is, in bytes.
 *
 * @throws {RequestError} Where it does not say so.
 */
export function sizeOf({ headers }: Request): number {
  const length = headers.get("content-length");
  if (length !== null && /^\d{1,15}$/.test(length)) return Number(length);
  throw new RequestError(411, "The length must be said before");
}

/**
 * Reads what to do where a file of the name exists.
 *
 * @throws {RequestError} Where it is none of what can be done.
 */
export function ifExistsOf(value: unknown = "fail"): IfExists {
  const choices = ["fail", "skip", "overwrite", "rename"] as const;
  const choice = choices.find((each) => each === value);
  if (choice) return choice;
  throw new RequestError(400, `Cannot do ${quote(String(value))} with a file`);
}

/**
 * Reads a list of content names.
 *
 * @throws {RequestError} Where it is none.
 * @throws {NameError} Where one is no name.
 */
export function namesOf(value: unknown): ContentName[] {
  if (!Array.isArray(value)) {
    throw new RequestError(400, "A list of names was expected");
  }
  return value.map((each) => contentName(String(each)));
}

/**
 * Reads a number that counts.
 *
 * @throws {RequestError} Where it is none.
 */
export function numberOf(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new RequestError(400, `Cannot use ${quote(text)} as a number`);
}
