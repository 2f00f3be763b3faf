import type { OptionDefinition } from "./definition.ts";

/** What was read of a command line so far. */
export interface Parsed {
  /** What was not read yet. */
  rest: string[];
  /** The values of options by property. */
  readonly options: Record<string, unknown>;
  /** The values of arguments. */
  readonly args: unknown[];
  /** What stood after `--`. */
  readonly literal: string[];
  /** The flags that were read, and their values where they stood apart. */
  readonly seen: string[];
  /** The names of the options whose value is their default. */
  readonly defaults: Set<string>;
  /** The option that has to stand alone. */
  standalone: OptionDefinition | undefined;
  /** What to do instead of the command's action. */
  readonly instead: Set<"help" | "version">;
}

/** Starts on a command line. */
export function unread(rest: readonly string[]): Parsed {
  return {
    rest: [...rest],
    options: {},
    args: [],
    literal: [],
    seen: [],
    defaults: new Set(),
    standalone: undefined,
    instead: new Set(),
  };
}
