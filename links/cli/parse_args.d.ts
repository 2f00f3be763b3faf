/** Which flags are expected, and of what kind. */
export interface ParseOptions<
  Booleans extends string = string,
  Strings extends string = string,
  Collected extends string = string,
> {
  alias?: Record<string, string | readonly string[]>;
  boolean?: Booleans | readonly Booleans[];
  collect?: Collected | readonly Collected[];
  default?: Record<string, unknown>;
  stopEarly?: boolean;
  string?: Strings | readonly Strings[];
}

/**
 * What was found: a boolean for each boolean flag, a string or nothing for each
 * string flag, an array for each collected one, and the rest under `_`.
 *
 * Flags that are not declared are `unknown`. Real std narrows flags with a
 * default further; code that reads them as declared here is right for both.
 */
export type Args<
  Booleans extends string,
  Strings extends string,
  Collected extends string,
> =
  & Record<string, unknown>
  & { _: Array<string | number> }
  & { [Name in Booleans]: boolean }
  & { [Name in Exclude<Strings, Collected>]?: string }
  & { [Name in Extract<Strings, Collected>]: string[] };

export function parseArgs<
  Booleans extends string = never,
  Strings extends string = never,
  Collected extends string = never,
>(
  args: readonly string[],
  options?: ParseOptions<Booleans, Strings, Collected>,
): Args<Booleans, Strings, Collected>;
