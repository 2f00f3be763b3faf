/**
 * Errors as a person reads them, and as a script counts them.
 *
 * @module
 */

import { ValidationError } from "@cliffy/command";
import { NameError, quote } from "../../protocol/name.ts";
import { NoSourceError } from "../errors.ts";
import {
  IndexHostError,
  IndexUnreachableError,
  NotFoundError,
} from "../index_error.ts";
import { NotRegisteredError } from "../not_registered_error.ts";
import { NoIndexError } from "./no_index_error.ts";
import { EXIT_CODE, type ExitCode } from "./exit_code.ts";
import { UnhealthyError } from "./unhealthy_error.ts";

/** Nothing that is on line matches a pattern. */
export class NothingFoundError extends Error {
  override readonly name = "NothingFoundError";

  /** @param pattern The pattern, as it was typed. */
  constructor(pattern: string) {
    super(`Cannot get ${quote(pattern)}: nothing on line matches it`);
  }
}

/** Whether an error says that a port cannot be had because another has it. */
export function isAddressInUse(error: unknown): boolean {
  return error instanceof Deno.errors.AddrInUse ||
    (error instanceof Error && isAddressInUse(error.cause));
}

/** Writes an error as one paragraph: what failed, and why as far as is known. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (
    !(cause instanceof Error) || error.message.includes(cause.message) ||
    // What these say, their users have said already.
    cause instanceof Deno.errors.AddrInUse || cause instanceof NotFoundError
  ) return error.message;
  return `${error.message} (${describeError(cause)})`;
}

/** Writes an error as one paragraph that ends in what may be done next. */
export function explainError(error: unknown): string {
  const text = describeError(error);
  if (error instanceof NotFoundError || error instanceof NothingFoundError) {
    return `${text}; peer list shows what is on line`;
  }
  return text;
}

/** Which help says what may be typed instead. */
export function helpFor({ cmd }: ValidationError): string {
  const name = cmd?.getName() ?? "peer";
  return name === "peer" ? "peer --help" : `peer ${name} --help`;
}

/** The exit code that an error ends a command with. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof ValidationError || error instanceof NameError) {
    return EXIT_CODE.USAGE;
  }
  if (
    error instanceof NotFoundError || error instanceof NothingFoundError ||
    error instanceof NotRegisteredError
  ) {
    return EXIT_CODE.NOT_FOUND;
  }
  if (
    error instanceof IndexUnreachableError ||
    error instanceof IndexHostError || error instanceof NoIndexError
  ) {
    return EXIT_CODE.INDEX_UNREACHABLE;
  }
  if (error instanceof UnhealthyError) return error.code;
  if (error instanceof NoSourceError) return EXIT_CODE.NO_SOURCE;
  return EXIT_CODE.FAILED;
}
