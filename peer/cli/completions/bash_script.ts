/**
 * Completion in bash.
 *
 * @module
 */

import type { Choices, CompletedCommand } from "./completion_tree.ts";

/** A script for bash 3.2 and later, to be sourced. */
export function bashScript(tree: readonly CompletedCommand[]): string {
  const [, ...commands] = tree;
  const options = [
    ...new Map(
      tree.flatMap((each) => each.options)
        .map((option) => [option.flags.join("|"), option]),
    ).values(),
  ].filter(({ value }) => value !== undefined);
  const valued = options.flatMap(({ flags }) => flags).join("|");
  return `# Completes peer in bash: source <(peer completions bash)
_peer() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]}
  local command="" i line
  COMPREPLY=()
  # Bash cuts --option=value at the sign.
  if [[ $cur == "=" ]]; then
    cur=""
  elif [[ $prev == "=" ]]; then
    prev=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case \${COMP_WORDS[i]} in
      ${valued}) ((i++)) ;;
      ${commands.map(({ name }) => name).join("|")})
        command=\${COMP_WORDS[i]}
        break
        ;;
    esac
  done
  case $prev in
${
    options.filter(({ value }) => value !== "any").map(({ flags, value }) =>
      `    ${flags.join("|")})
      ${answer(value!)}
      return
      ;;`
    ).join("\n")
  }
    ${valued}) return ;;
  esac
  if [[ $cur == -* ]]; then
    case $command in
${
    tree.map(({ name, options }) =>
      `      "${name}") ${words(options.flatMap(({ flags }) => flags))} ;;`
    ).join("\n")
  }
    esac
    return
  fi
  case $command in
    "") ${words(commands.map(({ name }) => name))} ;;
${
    commands.filter(({ words }) => words !== "any").map(({ name, words }) =>
      `    ${name})
      ${answer(words)}
      ;;`
    ).join("\n")
  }
  esac
}

_peer_lines() {
  local line
  compopt -o filenames 2>/dev/null
  while IFS= read -r line; do
    COMPREPLY+=("$line")
  done
}

complete -F _peer peer peer.ts`;
}

function answer(choices: Choices): string {
  switch (choices) {
    case "any":
      return "return";
    case "path":
      return `_peer_lines < <(compgen -f -- "$cur")`;
    case "folder":
      return `_peer_lines < <(compgen -d -- "$cur")`;
    case "name":
      // What the shell would take away before the program sees it.
      return `cur=\${cur#[\\"\\']}
      _peer_lines < <("\${COMP_WORDS[0]}" complete -- "\${COMP_WORDS[@]:1:COMP_CWORD-1}" "\${cur//\\\\/}" 2>/dev/null)`;
    default:
      return words(choices);
  }
}

function words(list: readonly string[]): string {
  return `COMPREPLY=($(compgen -W "${list.join(" ")}" -- "$cur"))`;
}
