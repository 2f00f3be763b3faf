/**
 * `peer completions`: what a shell runs to complete this program's lines.
 *
 * @module
 */

import type { DescribedCommand } from "../../../cli/described_command.ts";
import { bashScript } from "./bash_script.ts";
import { completionTree } from "./completion_tree.ts";
import { fishScript } from "./fish_script.ts";
import { zshScript } from "./zsh_script.ts";

/**
 * Writes the script for a shell.
 *
 * @param shell The shell.
 * @param root The program's command.
 */
export function completionScript(
  shell: "bash" | "zsh" | "fish",
  root: DescribedCommand,
): string {
  const tree = completionTree(root);
  switch (shell) {
    case "bash":
      return bashScript(tree);
    case "zsh":
      return zshScript(tree);
    case "fish":
      return fishScript(tree);
  }
}
