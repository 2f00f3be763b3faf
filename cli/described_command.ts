/**
 * What is read of a command to complete its command line.
 *
 * @module
 */

import type { Command, Option } from "@cliffy/command";

/** What is read of a command. */
export interface DescribedCommand
  extends Pick<Command, "getName" | "getOptions" | "getAliases"> {
  /** The commands under it, hidden ones too where asked for. */
  getCommands(hidden?: boolean): DescribedCommand[];
}

/** The words of a command line, told apart. */
export interface SplitLine {
  /** The command that is meant: the deepest that is named. */
  readonly command: DescribedCommand;
  /** Where the words after its name start. */
  readonly at: number;
  /** The options that are given, by name, each with its value if it has one. */
  readonly given: ReadonlyMap<string, string | undefined>;
}

/**
 * Finds the command that a command line names, and the options that it gives.
 *
 * @param args The words after the program's name.
 * @param root The program's command.
 */
export function splitLine(
  args: readonly string[],
  root: DescribedCommand,
): SplitLine {
  let command = root;
  let at = 0;
  let words = 0;
  const given = new Map<string, string | undefined>();
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === "--") break;
    if (!arg.startsWith("-") || arg === "-") {
      const isNamed = (each: DescribedCommand) =>
        each.getName() === arg || each.getAliases().includes(arg);
      const sub = words === 0
        ? command.getCommands(true).find(isNamed)
        : undefined;
      if (sub) {
        command = sub;
        at = i + 1;
      } else words++;
      continue;
    }
    const [flag = "", ...rest] = arg.split("=");
    const option = optionOf(command, flag);
    if (!option) continue;
    const takesValue = option.typeDefinition !== undefined;
    const value = rest.length > 0
      ? rest.join("=")
      : takesValue
      ? args[++i]
      : undefined;
    given.set(option.name, value);
  }
  return { command, at, given };
}

/** The option that a flag names: `-o`, `--output`. */
export function optionOf(
  command: DescribedCommand,
  flag: string,
): Option | undefined {
  return command.getOptions(true).find(({ flags }) => flags.includes(flag));
}
