import { closestString } from "./closest_string.ts";
import type { Command } from "./command.ts";

/** How a {@linkcode ValidationError} ends the process. */
export interface ValidationErrorOptions extends ErrorOptions {
  /** The exit code; 2 by default. */
  exitCode?: number;
}

/** The user called the program wrongly. */
export class ValidationError extends Error {
  /** The code to exit with. */
  readonly exitCode: number;

  /** The command that was called wrongly. */
  cmd?: Command;

  constructor(
    message: string,
    { exitCode = 2, ...options }: ValidationErrorOptions = {},
  ) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** An option's name as it is typed: `p` is `-p`, `port` is `--port`. */
export function flagOf(name: string): string {
  if (name.startsWith("-")) return name;
  return name.length > 1 ? `--${name}` : `-${name}`;
}

/** An error's text with the nearest of the names that are known. */
export function unknown(
  what: "command" | "option" | "type",
  { name, known }: { name: string; known: string[] },
): string {
  const text = `Unknown ${what} "${name}".`;
  if (!known.length) return text;
  return `${text} Did you mean ${what} "${closestString(name, known)}"?`;
}
