/**
 * What the page is told where a request cannot be served.
 *
 * @module
 */

import { NameError } from "../../protocol/name.ts";
import { DiskError, FileExistsError, UnsafePathError } from "../errors.ts";
import { IndexUnreachableError, NotFoundError } from "../index_error.ts";
import { TooManyDownloadsError } from "./download_queue.ts";
import { messageOf } from "./message_of.ts";
import { CutShortError } from "./receive_file.ts";

/** A request that cannot be served, and the HTTP status that says so. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  /** The HTTP status. */
  readonly status: number;
  /** What the page can tell it by, where it does something about it. */
  readonly code: string;

  /**
   * Makes the error.
   *
   * @param status The HTTP status.
   * @param message What could not be done and why, for people.
   */
  constructor(
    status: number,
    message: string,
    { code = "", cause }: { code?: string; cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.status = status;
    this.code = code;
  }

  /** What the page is told of any error. */
  static from(error: unknown): RequestError {
    if (error instanceof RequestError) return error;
    const [, status, code] = KNOWN.find(([kind]) => error instanceof kind) ??
      [Error, 500, ""];
    return new RequestError(status, messageOf(error), { code, cause: error });
  }
}

const KNOWN = [
  [NameError, 400, "name"],
  [UnsafePathError, 400, "name"],
  [RangeError, 400, ""],
  [URIError, 400, ""],
  [SyntaxError, 400, ""],
  [CutShortError, 400, ""],
  [FileExistsError, 409, "exists"],
  [NotFoundError, 404, "not-found"],
  [TooManyDownloadsError, 503, ""],
  [IndexUnreachableError, 502, "index"],
  [DiskError, 507, "disk"],
] as const;
