/**
 * Completion in fish.
 *
 * @module
 */

import type {
  Choices,
  CompletedCommand,
  CompletedOption,
} from "./completion_tree.ts";

/** A script for fish, to be sourced. */
export function fishScript(tree: readonly CompletedCommand[]): string {
  const [root, ...commands] = tree;
  const known = commands.map(({ name }) => name).join(" ");
  const shared = new Set(root!.options.map(({ flags }) => flags.join()));
  const lines = [
    ...root!.options.map((option) => optionLine(option)),
    ...commands.flatMap(({ name, description, options, words }) => {
      const inside = `-n '__fish_seen_subcommand_from ${name}'`;
      return [
        `-n 'not __fish_seen_subcommand_from ${known}' -a ${name} -d ${
          quoted(description)
        }`,
        ...options.filter(({ flags }) => !shared.has(flags.join()))
          .map((option) => optionLine(option, inside)),
        ...(words === "any" ? [] : [`${inside} ${answer(words)}`]),
      ];
    }),
  ];
  return `# Completes peer in fish: peer completions fish | source
function __peer_names
    set -l words (commandline -opc)
    set -l program $words[1]
    $program complete -- $words[2..-1] (commandline -ct) 2>/dev/null
end

for program in peer peer.ts
    complete -c $program -f
${lines.map((line) => `    complete -c $program ${line}`).join("\n")}
end`;
}

function optionLine(
  { flags, description, value }: CompletedOption,
  condition = "",
): string {
  const words = [
    condition,
    ...flags.map((flag) =>
      flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`
    ),
    value === undefined ? "" : "-x",
    value === undefined || value === "any" ? "" : answer(value),
    `-d ${quoted(description)}`,
  ];
  return words.filter((word) => word !== "").join(" ");
}

function answer(choices: Choices): string {
  switch (choices) {
    case "any":
      return "";
    case "path":
      return "-a '(__fish_complete_path (commandline -ct))'";
    case "folder":
      return "-a '(__fish_complete_directories (commandline -ct))'";
    case "name":
      return "-a '(__peer_names)'";
    default:
      return `-a ${quoted(choices.join(" "))}`;
  }
}

function quoted(text: string): string {
  return `'${text.replace(/['\\]/g, "\\$&")}'`;
}
