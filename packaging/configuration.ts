/**
 * Writes the tables of docs/configuration.md, of what `--help` is made of:
 *
 *     deno run --allow-read --allow-write packaging/configuration.ts
 *
 * @module
 */

import { variableOf } from "../cli/option_sources.ts";
import { fromFileUrl } from "@std/path";
import { commandOf } from "./manual.ts";
import { INDEX, PEER, type Program } from "./programs.ts";

/** The page. */
export const CONFIGURATION: string = fromFileUrl(
  new URL("../docs/configuration.md", import.meta.url),
);

const PREFIXES = [[PEER, "PEERDEX_"], [INDEX, "PEERDEX_INDEX_"]] as const;

const KINDS: Readonly<Record<string, string>> = {
  string: "text",
  integer: "whole number",
};

/** The rows of both tables: option, variable, value, meaning. */
export async function configurationRows(
  program: Program,
  prefix: string,
): Promise<string[][]> {
  const command = await commandOf(program);
  const options = new Map(
    [command, ...command.getCommands()].flatMap((each) => each.getOptions())
      .filter(({ name }) => name !== "help" && name !== "version")
      .map((option) => [option.name, option]),
  );
  return [...options.values()].map(({ name, typeDefinition, description }) => {
    const kind = typeDefinition?.match(/:(\w+)/)?.[1];
    return [
      `\`--${name}\``,
      `\`${variableOf(name, { prefix })}\``,
      kind === undefined ? "true or false" : KINDS[kind] ?? kind,
      description.replaceAll("|", "\\|"),
    ];
  });
}

/** The page with its tables as they should be. */
export async function configurationPage(page: string): Promise<string> {
  const start = page.indexOf(`## \`${PEER.entry}\``);
  const parts = [(start < 0 ? page : page.slice(0, start)).trimEnd()];
  for (const [program, prefix] of PREFIXES) {
    const rows = await configurationRows(program, prefix);
    const table = [["option", "variable", "value", "meaning"], ...rows];
    const widths = [0, 1, 2, 3].map((column) =>
      Math.max(...table.map((row) => [...row[column]!].length))
    );
    const line = (row: readonly string[]) =>
      `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`;
    const [head, ...body] = table.map(line);
    const rule = line(widths.map((width) => "-".repeat(width)));
    parts.push(
      `## \`${program.entry}\``,
      [head, rule, ...body].join("\n"),
    );
  }
  return `${parts.join("\n\n")}\n`;
}

if (import.meta.main) {
  const page = await Deno.readTextFile(CONFIGURATION);
  await Deno.writeTextFile(CONFIGURATION, await configurationPage(page));
}
