import { findOption, type OptionDefinition, propertyOf } from "./definition.ts";
import { flagOf, ValidationError } from "./errors.ts";
import type { Parsed } from "./parsed.ts";
import { defaultOf, type Expected } from "./read_flags.ts";

/**
 * Fills in the defaults and checks the options against each other.
 *
 * @param read The options that were read, by property.
 * @throws {ValidationError} if one is missing or two exclude each other.
 */
export function checkOptions(
  parsed: Parsed,
  expected: Expected,
  read: ReadonlyMap<string, OptionDefinition>,
): void {
  for (const option of expected.options) setDefault(option, parsed, expected);
  if (parsed.standalone) {
    checkStandalone(parsed.standalone, parsed, read);
    return;
  }
  for (const option of read.values()) {
    for (const flag of option.conflicts ?? []) {
      if (isGiven(flag, parsed, expected)) {
        throw new ValidationError(
          `Option "${flagOf(option.name)}" conflicts with option "${
            flagOf(flag)
          }".`,
        );
      }
    }
    for (const flag of option.depends ?? []) {
      const isSet = parsed.options[propertyOf(flag)] !== undefined;
      if (!isSet && !parsed.defaults.has(option.name)) {
        throw new ValidationError(
          `Option "${flagOf(option.name)}" depends on option "${
            flagOf(flag)
          }".`,
        );
      }
    }
  }
  for (const option of expected.options) {
    if (!option.required || propertyOf(option.name) in parsed.options) continue;
    const isReplaced = option.conflicts?.some((flag) => parsed.options[flag]) ||
      [...read.values()].some((each) => each.conflicts?.includes(option.name));
    if (!isReplaced) {
      throw new ValidationError(
        `Missing required option "${flagOf(option.name)}".`,
      );
    }
  }
}

/** Checks that no wanted argument is missing. */
export function checkArguments(
  { args }: Parsed,
  expected: Expected,
  read: ReadonlyMap<string, OptionDefinition>,
): void {
  const required = expected.args.filter(({ optional }) => !optional);
  if (!args.length) {
    const isAlone = [...read.values()].some(({ standalone }) => standalone);
    if (!required.length || isAlone) return;
    const names = required.map(({ name }) => name).join(", ");
    throw new ValidationError(`Missing argument(s): ${names}`);
  }
  const missing = expected.args.findIndex(({ optional }, index) =>
    !optional && args[index] === undefined
  );
  if (missing >= 0) {
    throw new ValidationError(
      `Missing argument: ${expected.args[missing]?.name}`,
    );
  }
}

function setDefault(
  option: OptionDefinition,
  parsed: Parsed,
  expected: Expected,
): void {
  const positive = option.name.replace(/^no-/, "");
  const isNegative = positive !== option.name;
  if (
    isNegative && (parsed.options[positive] !== undefined ||
      findOption(expected.options, positive))
  ) return;
  const property = propertyOf(positive);
  if (parsed.options[property] !== undefined) return;
  if (option.default === undefined && !isNegative) return;
  const value = defaultOf(option) ?? true;
  parsed.options[property] = option.value
    ? option.value(value as never)
    : value;
  parsed.defaults.add(option.name);
}

function checkStandalone(
  standalone: OptionDefinition,
  { options, defaults }: Parsed,
  read: ReadonlyMap<string, OptionDefinition>,
): void {
  if (Object.keys(options).length === 1) return;
  for (const option of read.values()) {
    if (option !== standalone && !defaults.has(option.name)) {
      throw new ValidationError(
        `Option "${
          flagOf(standalone.name)
        }" cannot be combined with other options.`,
      );
    }
  }
}

function isGiven(flag: string, { seen }: Parsed, expected: Expected): boolean {
  const names = [flag, ...findOption(expected.options, flag)?.aliases ?? []];
  return seen.some((word) =>
    names.includes(word.replace(/^-+/, "").split("=")[0] ?? "")
  );
}
