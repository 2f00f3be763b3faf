import {
  type ArgumentDefinition,
  findOption,
  type OptionDefinition,
  propertyOf,
} from "./definition.ts";
import { flagOf, unknown, ValidationError } from "./errors.ts";
import type { Parsed } from "./parsed.ts";
import type { ArgumentValue } from "./value_types.ts";

/** What may stand on the command line. */
export interface Expected {
  readonly options: readonly OptionDefinition[];
  readonly args: readonly ArgumentDefinition[];
  /** Leave all from the first unknown word on unread. */
  readonly stopsEarly: boolean;
  /** Turns a text into a value. */
  readonly convert: (argument: ArgumentValue) => unknown;
}

/**
 * Reads flags and arguments the way Cliffy does, its oddities included: a flag
 * that is not known counts as an argument while arguments are wanted.
 *
 * @returns The options that were read, by property.
 * @throws {ValidationError} if an option or value is not as expected.
 */
export function readFlags(
  parsed: Parsed,
  expected: Expected,
): Map<string, OptionDefinition> {
  const words = parsed.rest;
  const read = new Map<string, OptionDefinition>();
  let stopped = false;
  let wanted = 0;
  parsed.rest = [];

  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    if (word === "--") {
      parsed.literal.push(...words.slice(at + 1));
      break;
    }
    const isFlag = word.length > 1 && word.startsWith("-");
    if (!isFlag && expected.stopsEarly) stopped = true;
    if (stopped || (!isFlag && !expected.args.length)) {
      parsed.rest.push(word);
      continue;
    }

    const pieces = isFlag ? splitShort(word) : [word];
    words.splice(at, 1, ...pieces);
    const piece = pieces[0] ?? "";
    const { flag, value } = splitValue(piece);
    const option = isFlag ? findOption(expected.options, flag) : undefined;
    if (!option && expected.stopsEarly) {
      stopped = true;
      parsed.rest.push(piece);
      continue;
    }
    if (!option) {
      const argument = expected.args[wanted];
      if (!argument) throw surplus(word, { isFlag, flag, expected });
      if (!argument.variadic) wanted++;
      if (!argument.optional || word) {
        const { name, type } = argument;
        parsed.args.push(
          expected.convert({ label: "Argument", name, type, value: word }),
        );
      } else if (!argument.variadic) parsed.args.push(undefined);
      at += pieces.length - 1;
      continue;
    }

    parsed.seen.push(piece);
    if (option.standalone) parsed.standalone = option;
    const next = value ?? words[at + 1];
    const source = { flag, next, isApart: value === undefined };
    const { property, isNextUsed } = readOption(option, source, {
      parsed,
      expected,
    });
    if (isNextUsed && source.isApart) {
      parsed.seen.push(words[at + 1] ?? "");
      at++;
    }
    if (property === undefined) continue;
    read.set(property, option);
    if (option.instead) parsed.instead.add(option.instead);
  }
  return read;
}

/** Sets what one option says, and tells whether the next word is its value. */
function readOption(
  option: OptionDefinition,
  source: { flag: string; next: string | undefined; isApart: boolean },
  { parsed, expected }: { parsed: Parsed; expected: Expected },
): { property: string | undefined; isNextUsed: boolean } {
  const { flag, next, isApart } = source;
  const { argument } = option;
  const isNegated = flag.startsWith("--no-");
  const property = propertyOf(
    isNegated ? option.name.replace(/^no-?/, "") : option.name,
  );
  const previous = parsed.options[property];
  if (
    previous !== undefined && !option.collect &&
    !parsed.defaults.has(option.name)
  ) {
    throw new ValidationError(
      `Option "${
        flag.replace(/^--no-/, "--")
      }" can only occur once, but was found several times.`,
    );
  }
  if (!argument && !isApart) {
    throw new ValidationError(
      `Option "${
        flagOf(option.name)
      }" doesn't take a value, but got "${next}".`,
    );
  }

  let value: unknown;
  let isNextUsed = false;
  if (isNegated) {
    value = false;
  } else if (argument && isValue(next, { argument, isApart, expected })) {
    isNextUsed = true;
    if (next === "" && (!option.required || argument.optional)) {
      return { property: undefined, isNextUsed };
    }
    value = expected.convert({
      label: "Option",
      name: `--${option.name}`,
      type: argument.type,
      value: next,
    });
  } else if (argument && !argument.optional) {
    throw new ValidationError(
      `Missing value for option "${flagOf(option.name)}".`,
    );
  } else if (argument?.type === "boolean" || option.default === undefined) {
    value = true;
  } else value = argument || option.value ? defaultOf(option) : true;

  if (option.value) {
    value = option.value(value as never, previous as never);
  } else if (option.collect) {
    const before = previous === undefined ? [] : previous;
    value = [...(Array.isArray(before) ? before : [before]), value];
  }
  parsed.options[property] = value;
  parsed.defaults.delete(property);
  return { property, isNextUsed };
}

/** The default of an option, made anew if it is given as a function. */
export function defaultOf({ default: value }: OptionDefinition): unknown {
  return typeof value === "function" ? value() : value;
}

/** Tells whether a word is the value of the option before it. */
function isValue(
  word: string | undefined,
  { argument, isApart, expected }: {
    argument: ArgumentDefinition;
    isApart: boolean;
    expected: Expected;
  },
): word is string {
  if (word === undefined) return false;
  if (!argument.optional) return true;
  if (findOption(expected.options, word)) return false;
  const isNumber = argument.type === "number" && !Number.isNaN(Number(word));
  return !word.startsWith("-") || !isApart || isNumber;
}

/** Takes `-abc` apart into `-a -b -c`, and `-p80` into `-p 80`. */
function splitShort(word: string): string[] {
  if (word.startsWith("--") || word.length < 3 || word[2] === ".") {
    return [word];
  }
  const { flag, value } = splitValue(word.slice(1));
  const isDigitLast = !Number.isNaN(Number(word.at(-1)));
  const pieces = isDigitLast
    ? [`-${flag.slice(0, 1)}`, flag.slice(1)].filter((piece) => piece)
    : [...flag].map((letter) => `-${letter}`);
  if (value !== undefined) pieces.push(`${pieces.pop() ?? ""}=${value}`);
  return pieces;
}

function splitValue(word: string): { flag: string; value: string | undefined } {
  const at = word.indexOf("=");
  return at < 0
    ? { flag: word, value: undefined }
    : { flag: word.slice(0, at), value: word.slice(at + 1) };
}

function surplus(
  word: string,
  { isFlag, flag, expected }: {
    isFlag: boolean;
    flag: string;
    expected: Expected;
  },
): ValidationError {
  if (!isFlag) return new ValidationError(`Too many arguments: ${word}`);
  const known = expected.options.flatMap(({ name, aliases }) =>
    [name, ...aliases].map(flagOf)
  );
  return new ValidationError(unknown("option", { name: flagOf(flag), known }));
}
