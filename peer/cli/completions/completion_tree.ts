/**
 * What can be completed in a command line, read off the commands themselves.
 *
 * @module
 */

import type { Option } from "@cliffy/command";
import type { DescribedCommand } from "../../../cli/described_command.ts";
import { IF_EXISTS, SHELLS } from "../option_values.ts";

/** What a word may be. */
export type Choices =
  /** Anything. */
  | "any"
  /** A file or a folder. */
  | "path"
  /** A folder. */
  | "folder"
  /** A name that is on line. */
  | "name"
  /** One of these. */
  | readonly string[];

/** An option that can be completed. */
export interface CompletedOption {
  readonly flags: readonly string[];
  readonly description: string;
  /** What its value may be; left out where it takes none. */
  readonly value?: Choices;
}

/** A command that can be completed. */
export interface CompletedCommand {
  readonly name: string;
  readonly description: string;
  readonly options: readonly CompletedOption[];
  /** What the words after it may be. */
  readonly words: Choices;
}

/** A command as it is read here. */
export type TreeCommand =
  & DescribedCommand
  & { getDescription(): string; getArgsDefinition(): string | undefined };

/** The commands of a program; the first is the program without a command. */
export function completionTree(root: DescribedCommand): CompletedCommand[] {
  const commands = root.getCommands() as TreeCommand[];
  return [root as TreeCommand, ...commands].map((command, i) => ({
    name: i === 0 ? "" : command.getName(),
    description: firstSentence(command.getDescription()),
    options: [
      ...command.getOptions().filter(({ name }) => !STANDARD.has(name))
        .map(completed),
      { flags: ["-h", "--help"], description: "Show this help." },
    ],
    words: wordsOf(command.getArgsDefinition() ?? ""),
  }));
}

const STANDARD = new Set(["help", "version"]);

function completed(
  { name, flags, description, typeDefinition }: Option,
): CompletedOption {
  const option = { flags, description };
  if (typeDefinition === undefined) return option;
  return { ...option, value: valuesOf(name, typeDefinition) };
}

function valuesOf(name: string, definition: string): Choices {
  if (name === "if-exists") return IF_EXISTS;
  if (/^[<[]folder\b/.test(definition)) return "folder";
  if (/^[<[]file\b/.test(definition)) return "path";
  return "any";
}

function wordsOf(definition: string): Choices {
  const [, what = ""] = definition.match(/^[<[](\w+)/) ?? [];
  switch (what) {
    case "paths":
      return "path";
    case "name":
    case "names":
      return "name";
    case "shell":
      return SHELLS;
    default:
      return "any";
  }
}

function firstSentence(text: string): string {
  return text.match(/^.*?\.(?= |$)/)?.[0] ?? text;
}
