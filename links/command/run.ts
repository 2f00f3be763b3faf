import { checkArguments, checkOptions } from "./check_options.ts";
import {
  type CommandDefinition,
  defineOption,
  findCommand,
  findOption,
  globalOptionsOf,
  type OptionDefinition,
  optionsOf,
  pathOf,
  typesOf,
  versionOf,
} from "./definition.ts";
import { flagOf, unknown, ValidationError } from "./errors.ts";
import { helpText } from "./help.ts";
import type { Parsed } from "./parsed.ts";
import { readFlags } from "./read_flags.ts";
import { convert } from "./value_types.ts";

/**
 * Finds the command that is meant, reads what it was given and does it.
 *
 * @returns The command that was run.
 */
export async function run(
  command: CommandDefinition,
  parsed: Parsed,
): Promise<CommandDefinition> {
  let sub: CommandDefinition | undefined;
  try {
    sub = read(command, parsed);
    if (!sub) await act(command, parsed);
  } catch (error) {
    fail(command, error instanceof Error ? error : new Error(`${error}`));
  }
  return sub ? run(sub, parsed) : command;
}

/** Adds `--help` and `--version` to a command that is not under another. */
export function addStandardOptions(command: CommandDefinition): void {
  const { options, version, parent } = command;
  if (parent) return addStandardOptions(parent);
  if (options.some(({ instead }) => instead)) return;
  if (version !== undefined) {
    prepend(command, "-V, --version", {
      description: "Show the version number for this program.",
      standalone: true,
      instead: "version",
    });
  }
  prepend(command, "-h, --help", {
    description: "Show this help.",
    standalone: true,
    global: true,
    instead: "help",
  });
}

/** Adds an option, unless one of its flags is taken. */
export function addOption(
  command: CommandDefinition,
  option: OptionDefinition,
  place = command.options.length,
): void {
  for (const flag of option.flags) {
    const taken = findOption(command.options, flag);
    if (taken) {
      const name = flagOf(flag.replace(/^-+/, ""));
      throw new Error(
        `An option with name '${name}' is already registered on command '${
          pathOf(command)
        }'`,
      );
    }
  }
  command.options.splice(place, 0, option);
}

/** Reads the options and arguments of a command, or finds the one under it. */
function read(
  command: CommandDefinition,
  parsed: Parsed,
): CommandDefinition | undefined {
  command.rawArgs = [...parsed.rest];
  const isBare = !parsed.seen.length && !parsed.rest.length;
  if (command.defaultCommand !== undefined && isBare) {
    return defaultCommandOf(command, command.defaultCommand);
  }
  const options = optionsOf(command);
  const types = typesOf(command);
  const expected = {
    options,
    args: command.arguments,
    stopsEarly: false,
    convert: (argument: Parameters<typeof convert>[0]) =>
      convert(argument, types),
  };

  let sub = findCommand(command, parsed.rest[0]);
  if (!sub && isGlobal(parsed.rest[0], options)) {
    const globals = command.options.filter(({ global }) => global);
    const early = {
      ...expected,
      options: [...globals, ...globalOptionsOf(command)],
      args: [],
      stopsEarly: true,
    };
    checkOptions(parsed, early, readFlags(parsed, early));
    sub = findCommand(command, parsed.rest[0]);
  }
  if (sub) {
    parsed.rest.shift();
    return sub;
  }

  const given = readFlags(parsed, expected);
  checkOptions(parsed, expected, given);
  checkArguments(parsed, expected, given);
  checkRest(command, parsed.rest);
  command.literalArgs = parsed.literal;
  return undefined;
}

async function act(command: CommandDefinition, parsed: Parsed): Promise<void> {
  for (const instead of parsed.instead) {
    if (instead === "help") {
      const long = command.rawArgs.includes("--help");
      console.log(helpText(command, { long }));
    } else if (command.rawArgs.includes("--version")) {
      console.log(`${command.name} ${versionOf(command)}`);
    } else console.log(versionOf(command));
    exit(command, 0);
  }
  if (parsed.standalone && parsed.instead.size) return;

  const isBare = !parsed.seen.length && !parsed.rest.length;
  if (command.commands.length && isBare && !command.action) {
    console.log(helpText(command));
    exit(command, 0);
  }
  await command.action?.(parsed.options, parsed.args);
}

function fail(command: CommandDefinition, error: Error): never {
  const isUsage = error instanceof ValidationError;
  if (isUsage) error.cmd = command.command;
  if (!isUsage || throws(command)) throw error;
  console.log(helpText(command));
  console.error(`  error: ${error.message}\n`);
  Deno.exit(error.exitCode);
}

function checkRest(command: CommandDefinition, rest: string[]): void {
  const [first] = rest;
  if (first === undefined || command.arguments.length) return;
  if (findCommand(command, first)) {
    throw new ValidationError(`Too many arguments: ${rest.join(" ")}`);
  }
  if (!command.commands.length) {
    throw new ValidationError(
      `No arguments allowed for command "${pathOf(command)}".`,
    );
  }
  const known = namesUnder(command);
  throw new ValidationError(unknown("command", { name: first, known }));
}

function defaultCommandOf(
  command: CommandDefinition,
  name: string,
): CommandDefinition {
  const found = findCommand(command, name);
  if (!found) throw new Error(`Default command "${name}" not found.`);
  return found;
}

function namesUnder({ commands }: CommandDefinition): string[] {
  return commands.filter(({ hidden }) => !hidden).map(({ name }) => name);
}

function isGlobal(
  word: string | undefined,
  options: OptionDefinition[],
): boolean {
  const option = findOption(options, word?.split("=")[0] ?? "");
  return option?.global === true && !option.standalone;
}

function throws({ throws: own, parent }: CommandDefinition): boolean {
  return own || (parent !== undefined && throws(parent));
}

function exit(command: CommandDefinition, code: number): void {
  let from: CommandDefinition | undefined = command;
  while (from && from.exits === undefined) from = from.parent;
  if (from?.exits ?? true) Deno.exit(code);
}

function prepend(
  command: CommandDefinition,
  flags: string,
  settings: Parameters<typeof defineOption>[1],
): void {
  addOption(command, defineOption(flags, settings), 0);
}
