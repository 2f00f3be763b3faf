/**
 * Completion in zsh.
 *
 * @module
 */

import type { Choices, CompletedCommand } from "./completion_tree.ts";

/** A script for zsh, to be sourced after `compinit`, or put into `fpath`. */
export function zshScript(tree: readonly CompletedCommand[]): string {
  const [root, ...commands] = tree;
  return `#compdef peer peer.ts
# Completes peer in zsh: source <(peer completions zsh)
_peer() {
  local context state state_descr line program=$words[1]
  local -a typed=("\${(@Q)words[2,CURRENT-1]}")
  typeset -A opt_args
  _arguments -C -A '-*' -s \\
${options(root!)}
    '1: :_peer_commands' \\
    '*:: :->words'
  [[ $state == words ]] || return
  case $line[1] in
${
    commands.map((command) =>
      `    ${command.name})
      _arguments -s \\
${options(command)}
        '*:${nameOf(command.words)}:${answer(command.words)}'
      ;;`
    ).join("\n")
  }
  esac
}

_peer_commands() {
  local -a commands=(
${
    commands.map(({ name, description }) =>
      `    ${quoted(`${name}:${description}`)}`
    ).join("\n")
  }
  )
  _describe command commands
}

_peer_names() {
  local -a names=("\${(@f)$($program complete -- $typed "\${(Q)PREFIX}" 2>/dev/null)}")
  names=(\${names:#})
  compadd -M 'm:{a-z}={A-Z}' -a names
}

if [[ $funcstack[1] == _peer ]]; then
  _peer "$@"
else
  compdef _peer peer peer.ts
fi`;
}

function options({ options }: CompletedCommand): string {
  return options.flatMap(({ flags, description, value }) =>
    flags.map((flag) => {
      const others = flags.length > 1 ? `(${flags.join(" ")})` : "";
      const sign = value !== undefined && flag.startsWith("--") ? "=" : "";
      const text = `[${description.replace(/[[\]:\\]/g, "\\$&")}]`;
      const end = value === undefined
        ? ""
        : `:${nameOf(value)}:${answer(value)}`;
      return `        ${quoted(`${others}${flag}${sign}${text}${end}`)} \\`;
    })
  ).join("\n");
}

function answer(choices: Choices): string {
  switch (choices) {
    case "any":
      return " ";
    case "path":
      return "_files";
    case "folder":
      return "_files -/";
    case "name":
      return "_peer_names";
    default:
      return `(${choices.join(" ")})`;
  }
}

function nameOf(choices: Choices): string {
  return typeof choices === "string" && choices !== "any" ? choices : "value";
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
