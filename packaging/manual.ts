/**
 * A program's manual page, made of what its `--help` is made of.
 *
 * @module
 */

import { type Command, type Option, ValidationError } from "@cliffy/command";
import type { Program } from "./programs.ts";
import {
  bold,
  example,
  italic,
  part,
  plain,
  section,
  term,
  title,
} from "./roff.ts";

/** What is read of a command. */
export interface DescribedCommand extends
  Pick<
    Command,
    | "getArgsDefinition"
    | "getDescription"
    | "getExamples"
    | "getHelp"
    | "getName"
    | "getOptions"
    | "getVersion"
  > {
  /** The commands under it. */
  getCommands(): DescribedCommand[];
}

/**
 * The command that a program reads its command line with. A command line that
 * it refuses names it.
 *
 * @throws {Error} Where the program does not refuse an option that nobody has.
 */
export async function commandOf(program: Program): Promise<DescribedCommand> {
  try {
    await program.parse(["--no-option-of-this-name"]);
  } catch (error) {
    if (error instanceof ValidationError && error.cmd) return error.cmd;
    throw error;
  }
  throw new Error(
    `Cannot find the command of ${program.name}: it took an option that it does not have`,
  );
}

/**
 * A manual page in roff.
 *
 * @param program The program.
 * @param command Its command.
 * @param others The names of the other programs' pages.
 */
export function manual(
  program: Program,
  command: DescribedCommand,
  others: readonly string[] = [],
): string {
  command.getHelp(); // Adds --help and --version to the options.
  const commands = command.getCommands();
  const named = (text: string) => renamed(text, command, program);
  const lines = [
    title(program.name, {
      source: `Peerdex ${command.getVersion() ?? ""}`.trim(),
      volume: "Peerdex Manual",
    }),
    ...section("NAME", [
      `${plain(program.name)} \\- ${plain(program.summary)}`,
    ]),
    ...section("SYNOPSIS", [
      ...synopsis(program.name, command),
      ...commands.flatMap((each) => [
        ".br",
        ...synopsis(`${program.name} ${each.getName()}`, each),
      ]),
    ]),
    ...section("DESCRIPTION", [plain(named(command.getDescription()))]),
    ...section("OPTIONS", command.getOptions().flatMap(option)),
    ...section(
      "COMMANDS",
      commands.flatMap((each) => subcommand(each, { above: command, named })),
    ),
    // A section starts with a paragraph of its own.
    ...section("EXAMPLES", examples(command, named).slice(1)),
    ...section(
      "ENVIRONMENT",
      Object.entries(program.variables).flatMap(([name, meaning]) =>
        term(bold(name), plain(meaning))
      ),
    ),
    ...section(
      "EXIT STATUS",
      Object.entries(program.exitCodes).flatMap(([code, meaning]) =>
        term(bold(code), plain(meaning))
      ),
    ),
    ...section(
      "SEE ALSO",
      [
        others.map((name) => `${bold(name)}(1)`).join(", "),
      ].filter((line) => line),
    ),
  ];
  return `${lines.join("\n")}\n`;
}

function subcommand(
  command: DescribedCommand,
  { above, named }: {
    readonly above: DescribedCommand;
    readonly named: (text: string) => string;
  },
): string[] {
  const shared = new Set(above.getOptions().map(({ name }) => name));
  const own = command.getOptions().filter(({ name }) => !shared.has(name));
  const heading = [bold(command.getName()), ...placeholders(command)];
  return part(heading.join(" "), [
    plain(named(command.getDescription())),
    ...own.flatMap(option),
    ...examples(command, named),
  ]);
}

function synopsis(path: string, command: DescribedCommand): string[] {
  const words = [
    bold(path),
    `[${italic("option")}]...`,
    ...placeholders(command),
  ];
  return [words.join(" ")];
}

function option(
  { flags, typeDefinition, description, ...rest }: Option,
): string[] {
  const typed = flags.map(bold).join(", ");
  const value = typeDefinition ? ` ${placeholder(typeDefinition)}` : "";
  const hints = hintsOf(rest).map(plain).join("; ");
  return term(
    `${typed}${value}`,
    plain(description) + (hints ? ` (${hints})` : ""),
  );
}

function hintsOf(
  option: Pick<Option, "required" | "default" | "depends" | "conflicts">,
): string[] {
  const value = typeof option.default === "function"
    ? option.default()
    : option.default;
  return [
    ...(option.required ? ["Required"] : []),
    ...(value === undefined ? [] : [`Default: ${value}`]),
    ...(option.depends?.length ? [`Needs ${flags(option.depends)}`] : []),
    ...(option.conflicts?.length
      ? [`Not with ${flags(option.conflicts)}`]
      : []),
  ];
}

function flags(names: readonly string[]): string {
  return names.map((name) => `--${name}`).join(", ");
}

function examples(
  command: DescribedCommand,
  named: (text: string) => string,
): string[] {
  return command.getExamples().flatMap(({ name, description }) =>
    example(name, named(description.trim()))
  );
}

function placeholders(command: DescribedCommand): string[] {
  return command.getArgsDefinition()?.split(" ").map(placeholder) ?? [];
}

/** What `<name:string>` or `[rest...:string]` looks like on a page. */
function placeholder(definition: string): string {
  const [, name = definition, dots = ""] =
    definition.match(/^[<[](?:\.{3})?([^:.\]>]+)(\.{3})?(?::[^\]>]*)?[\]>]$/) ??
      [];
  const text = `${italic(name)}${dots}`;
  return definition.startsWith("[") ? `[${text}]` : text;
}

/** Text about a command with the name that its program is installed under. */
function renamed(
  text: string,
  command: DescribedCommand,
  program: Program,
): string {
  const name = command.getName();
  if (name === program.name) return text;
  return text.replaceAll(
    new RegExp(`(?<![\\w-])${name}(?![\\w.-])`, "g"),
    () => program.name,
  );
}
