import { Help } from "npm:commander@15.1.0";
import {
  type ArgumentDefinition,
  type CommandDefinition,
  type OptionDefinition,
  optionsOf,
  pathOf,
  typesOf,
  versionOf,
} from "./definition.ts";
import { flagOf } from "./errors.ts";
import { defaultOf } from "./read_flags.ts";
import { Type } from "./value_types.ts";

/** How much the help text says. */
export interface HelpOptions {
  /** Whole descriptions rather than their first lines. */
  long?: boolean;
  /** The width of the text; by default that of the terminal, or 150. */
  width?: number;
}

const WIDTH_WITHOUT_TERMINAL = 150;

/** The help text of a command, laid out like Cliffy's, without colours. */
export function helpText(
  command: CommandDefinition,
  { long = false, width = terminalWidth() }: HelpOptions = {},
): string {
  const options = optionsOf(command).filter(({ hidden }) => !hidden);
  const commands = command.commands.filter(({ hidden }) => !hidden);
  const text = (description: string) => {
    const lines = description.trim();
    return long ? lines : lines.split("\n", 1)[0]?.trim() ?? "";
  };
  const version = versionOf(command);
  const usage = `${pathOf(command)} ${usageOf(command, options)}`.trim();
  return [
    version === undefined
      ? `\nUsage: ${usage}\n`
      : `\nUsage:   ${usage}\nVersion: ${version}\n`,
    section("Description", { rows: [[command.description.trim()]], width }),
    section("Options", {
      rows: options.map((option) => [
        option.flags.join(", "),
        option.argument ? shown(option.argument) : "",
        "-",
        [text(option.description), hintsOf(option, command)]
          .filter((part) => part).join("  "),
      ]),
      width,
    }),
    section("Commands", {
      rows: commands.map((each) => [
        [each.name, ...each.aliases].join(", "),
        each.arguments.map(shown).join(" "),
        "-",
        each.description.trim().split("\n", 1)[0] ?? "",
      ]),
      width,
    }),
    section("Examples", {
      rows: command.examples.map(({ name, description }) => [
        name,
        description.trim(),
      ]),
      width,
    }),
  ].join("");
}

/** Lays rows out in columns and wraps the last of them. */
function section(
  title: string,
  { rows, width }: { rows: string[][]; width: number },
): string {
  if (!rows.some((row) => row.some((cell) => cell))) return "";
  const help = new Help();
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => help.displayWidth(row[column] ?? "")))
  );
  const lines = rows.map((row) => {
    let start = "  ";
    for (const [column, cell] of row.slice(0, -1).entries()) {
      const wide = widths[column] ?? 0;
      if (!wide) continue;
      const gap = cell === "-" || row.length === 2 ? 1 : 2;
      start += cell + " ".repeat(wide - help.displayWidth(cell) + gap);
    }
    const left = help.displayWidth(start);
    const wrapped = help.boxWrap(row.at(-1) ?? "", width - left);
    return (start + wrapped.replaceAll("\n", `\n${" ".repeat(left)}`))
      .trimEnd();
  });
  return `\n${title}:\n\n${lines.join("\n")}\n`;
}

function usageOf(
  command: CommandDefinition,
  options: OptionDefinition[],
): string {
  if (command.usage !== undefined) return command.usage;
  const required = options.filter((option) => option.required).map((option) => {
    const flag = option.flags.find((each) => each.startsWith("--"));
    return `${flag} ${option.argument ? shown(option.argument) : ""}`.trim();
  });
  return [...command.arguments.map(shown), ...required].join(" ");
}

function shown({ name, optional, variadic }: ArgumentDefinition): string {
  const text = `${name}${variadic ? "..." : ""}`;
  return optional ? `[${text}]` : `<${text}>`;
}

function hintsOf(
  option: OptionDefinition,
  command: CommandDefinition,
): string {
  const hints: string[] = [];
  if (option.required) hints.push("required");
  const value = defaultOf(option);
  if (value !== undefined) hints.push(`Default: ${Deno.inspect(value)}`);
  for (const kind of ["depends", "conflicts"] as const) {
    const flags = option[kind]?.map(flagOf).join(", ");
    const title = kind === "depends" ? "Depends" : "Conflicts";
    if (flags) hints.push(`${title}: ${flags}`);
  }
  const type = option.argument && typesOf(command).get(option.argument.type);
  const values = type instanceof Type ? type.values?.() ?? [] : [];
  if (values.length) {
    const list = values.map((each) => Deno.inspect(each)).join(", ");
    hints.push(`Values: ${list}`);
  }
  return hints.length ? `(${hints.join(", ")})` : "";
}

function terminalWidth(): number {
  try {
    return Deno.consoleSize().columns;
  } catch {
    return WIDTH_WITHOUT_TERMINAL;
  }
}
