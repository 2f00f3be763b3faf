/**
 * A file that says what options are to be: one JSON object, whose names are
 * those of the options without dashes before them.
 *
 * @module
 */

import { type Option, ValidationError } from "@cliffy/command";
import { quote } from "../protocol/name.ts";
import type { DescribedCommand } from "./described_command.ts";
import type { OptionSources } from "./option_sources.ts";

/**
 * Reads a file of options.
 *
 * @param path The file.
 * @param program `root`: the program's command, whose options it may name, and
 * those of the commands under it.
 * @returns The values by name, as they would be typed.
 * @throws {ValidationError} Where it cannot be read, names an option that there
 * is not, or gives one a value of another kind.
 */
export function readConfig(
  path: string,
  { root, sources }: {
    root: DescribedCommand;
    sources: Pick<OptionSources, "readFile">;
  },
): Map<string, string> {
  const options = new Map(
    [root, ...root.getCommands()].flatMap((command) => command.getOptions())
      .filter(({ name }) => !["help", "version", "config"].includes(name))
      .map((option) => [option.name, option]),
  );
  const found = new Map<string, string>();
  for (const [name, value] of entriesOf(path, sources.readFile(path))) {
    const option = options.get(name);
    if (!option) {
      throw new ValidationError(
        `Cannot use ${quote(name)} in ${quote(path)}: there is no option ` +
          `--${name}; expected one of ${[...options.keys()].sort().join(", ")}`,
      );
    }
    found.set(name, textOf(value, { option, path }));
  }
  return found;
}

function entriesOf(path: string, text: string): [string, unknown][] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ValidationError(
      `Cannot read the configuration ${quote(path)} as JSON: ${reason}`,
    );
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ValidationError(
      `Cannot use the configuration ${quote(path)}: expected one JSON object`,
    );
  }
  return Object.entries(value);
}

function textOf(
  value: unknown,
  { option, path }: { option: Option; path: string },
): string {
  const isFlag = option.typeDefinition === undefined;
  const fits = isFlag
    ? typeof value === "boolean"
    : (typeof value === "string" && value !== "") || typeof value === "number";
  if (fits) return String(value);
  throw new ValidationError(
    `Cannot use ${JSON.stringify(value)} for ${quote(option.name)} in ${
      quote(path)
    }: expected ${isFlag ? "true or false" : "a text or a number"}`,
  );
}
