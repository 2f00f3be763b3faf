import { Option as Flags } from "npm:commander@15.1.0";
import type { Command } from "./command.ts";
import type { TypeOrTypeHandler } from "./value_types.ts";

/** An argument of a command, or the value of an option. */
export interface ArgumentDefinition {
  readonly name: string;
  readonly type: string;
  readonly optional: boolean;
  readonly variadic: boolean;
}

/** What may be said of an option besides its flags and description. */
export interface OptionSettings {
  readonly collect?: boolean | undefined;
  readonly conflicts?: string[] | undefined;
  readonly default?: unknown;
  readonly depends?: string[] | undefined;
  readonly global?: boolean | undefined;
  readonly hidden?: boolean | undefined;
  readonly required?: boolean | undefined;
  readonly standalone?: boolean | undefined;
  readonly value?: ((value: never, previous?: never) => unknown) | undefined;
}

/** An option of a command. */
export interface OptionDefinition extends OptionSettings {
  /** The first long flag without its dashes. */
  readonly name: string;
  /** The other flag without its dashes. */
  readonly aliases: readonly string[];
  /** The flags, as they are typed. */
  readonly flags: readonly string[];
  readonly description: string;
  /** The value that it takes, if it takes one. */
  readonly argument: ArgumentDefinition | undefined;
  /** What to do instead of the command's action. */
  readonly instead?: "help" | "version";
}

/** What a command does. */
export type Action = (
  options: Record<string, unknown>,
  args: readonly unknown[],
) => unknown;

/** A command, as the parser and the help text see it. */
export interface CommandDefinition {
  /** What defined it. */
  readonly command: Command;
  name: string;
  version: string | undefined;
  description: string;
  usage: string | undefined;
  hidden: boolean;
  throws: boolean;
  exits: boolean | undefined;
  isRoot: boolean;
  defaultCommand: string | undefined;
  parent: CommandDefinition | undefined;
  rawArgs: string[];
  literalArgs: string[];
  readonly aliases: string[];
  readonly examples: { name: string; description: string }[];
  arguments: ArgumentDefinition[];
  readonly options: OptionDefinition[];
  readonly commands: CommandDefinition[];
  action: Action | undefined;
  readonly types: Map<string, TypeOrTypeHandler<unknown>>;
  readonly globalTypes: Map<string, TypeOrTypeHandler<unknown>>;
}

/** Makes an option from flags such as `-p, --port <port:integer>`. */
export function defineOption(
  flags: string,
  settings: OptionSettings & Pick<OptionDefinition, "description" | "instead">,
): OptionDefinition {
  const values = flags.match(/[<[].*$/)?.[0] ?? "";
  const [argument, ...more] = values ? defineArguments(values) : [];
  const { short, long } = new Flags(flags.replace(values, ""));
  const known = [short, long].filter((flag) => flag !== undefined);
  const first = known.find((flag) => flag.startsWith("--"));
  if (
    !first || more.length || argument?.variadic || /[.=]/.test(known.join())
  ) {
    throw new TypeError(
      `Cannot define option "${flags}": expected a long flag, a short one if wanted, and at most one value`,
    );
  }
  const others = known.filter((flag) => flag !== first);
  return {
    ...settings,
    name: first.slice(2),
    aliases: others.map((flag) => flag.replace(/^-+/, "")),
    flags: flags.startsWith(first) ? [first, ...others] : [...others, first],
    argument,
  };
}

/** Makes arguments from a text such as `<name:string> [rest...:string]`. */
export function defineArguments(text: string): ArgumentDefinition[] {
  const definitions = text.split(/ +/).map((each) => {
    const match = each.match(
      /^([<[])(\.{3})?([^:.\]>]+)(\.{3})?(?::(\w+))?[\]>]$/,
    );
    if (!match) throw new TypeError(`Cannot define argument "${each}"`);
    const [, open, before, name = "", after, type = "string"] = match;
    const variadic = before !== undefined || after !== undefined;
    return { name, type, optional: open === "[", variadic };
  });
  for (const [index, { name, optional }] of definitions.entries()) {
    const previous = definitions[index - 1];
    if (previous?.variadic || (previous?.optional && !optional)) {
      throw new TypeError(
        `Cannot define argument "${name}": it cannot follow "${previous.name}"`,
      );
    }
  }
  return definitions;
}

/** The options that a command takes: its parents' global ones, then its own. */
export function optionsOf(command: CommandDefinition): OptionDefinition[] {
  return [...globalOptionsOf(command), ...command.options];
}

/** The global options that a command has from those above it. */
export function globalOptionsOf(
  command: CommandDefinition,
): OptionDefinition[] {
  const found: OptionDefinition[] = [];
  for (let above = command.parent; above; above = above.parent) {
    for (const option of above.options) {
      const hides = ({ name }: OptionDefinition) => name === option.name;
      if (option.global && !command.options.some(hides) && !found.some(hides)) {
        found.push(option);
      }
    }
  }
  return found;
}

/** The types that a command knows besides the built-in ones. */
export function typesOf(
  command: CommandDefinition,
): Map<string, TypeOrTypeHandler<unknown>> {
  const types = new Map([...command.globalTypes, ...command.types]);
  for (let above = command.parent; above; above = above.parent) {
    for (const [name, type] of above.globalTypes) {
      if (!types.has(name)) types.set(name, type);
    }
  }
  return types;
}

/** The option with that name or alias; dashes before it do not count. */
export function findOption(
  options: readonly OptionDefinition[],
  flag: string,
): OptionDefinition | undefined {
  const name = flag.replace(/^-+/, "");
  return options.find((option) =>
    option.name === name || option.aliases.includes(name)
  );
}

/** The command under this one with that name or alias. */
export function findCommand(
  command: CommandDefinition,
  name: string | undefined,
): CommandDefinition | undefined {
  return command.commands.find((each) =>
    each.name === name || each.aliases.some((alias) => alias === name)
  );
}

/** A command's name after those of the commands above it. */
export function pathOf({ parent, isRoot, name }: CommandDefinition): string {
  return parent && !isRoot ? `${pathOf(parent)} ${name}` : name;
}

/** The version of a command, or of the nearest one above it that has one. */
export function versionOf(command: CommandDefinition): string | undefined {
  return command.version ?? (command.parent && versionOf(command.parent));
}

/** The property that an option sets: `max-peers` is `maxPeers`. */
export function propertyOf(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter) => letter.toUpperCase());
}
