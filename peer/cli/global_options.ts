/**
 * The options that every command has.
 *
 * @module
 */

import { parseIndexAddress } from "./index_address.ts";
import { inRange, parsePeerName, parseRate } from "./option_values.ts";
import { Output } from "./output.ts";
import type { LocalSettings } from "./settings.ts";

/** The options that every command has, as they were typed. */
export interface GlobalOptions {
  readonly index?: string;
  readonly name?: string;
  readonly host?: string;
  readonly port: number;
  readonly dir: string;
  readonly limitUp?: string;
  readonly maxUploads: number;
  readonly maxConnections: number;
  readonly json?: true | undefined;
  readonly quiet?: true | undefined;
}

/**
 * Reads what was typed.
 *
 * @throws {ValidationError} Where it means nothing.
 */
export function settingsOf(
  options: GlobalOptions,
): Omit<LocalSettings, "signal"> {
  const { index } = options;
  return {
    ...(index !== undefined && { index: parseIndexAddress(index) }),
    ...(options.name !== undefined && { name: parsePeerName(options.name) }),
    ...(options.host !== undefined && { host: options.host }),
    port: inRange("--port", options.port, [0, 65_535]),
    dir: options.dir,
    ...(options.limitUp !== undefined && {
      limitUp: parseRate("--limit-up", options.limitUp),
    }),
    maxUploads: inRange("--max-uploads", options.maxUploads, [1, 10_000]),
    maxConnections: inRange("--max-connections", options.maxConnections, [
      1,
      60_000,
    ]),
    output: new Output({
      json: options.json ?? false,
      quiet: options.quiet ?? false,
    }),
  };
}
