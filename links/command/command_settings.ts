import type { Command } from "./command.ts";
import { type CommandDefinition, optionsOf, versionOf } from "./definition.ts";
import {
  describedOption,
  type Example,
  type Option,
  shown,
} from "./described.ts";
import { type HelpOptions, helpText } from "./help.ts";
import { addStandardOptions } from "./run.ts";

/** The part of a command that leaves the types of its options as they are. */
export class CommandSettings {
  /** What is defined of this command. */
  protected readonly own: CommandDefinition = {
    command: this as never,
    name: "COMMAND",
    version: undefined,
    description: "",
    usage: undefined,
    hidden: false,
    throws: false,
    exits: undefined,
    isRoot: false,
    defaultCommand: undefined,
    parent: undefined,
    rawArgs: [],
    literalArgs: [],
    aliases: [],
    examples: [],
    arguments: [],
    options: [],
    commands: [],
    action: undefined,
    types: new Map(),
    globalTypes: new Map(),
  };
  /** What the next call of the chain is about: this command or one under it. */
  protected selected: CommandDefinition = this.own;

  /** Sets the name that the help shows. */
  name(name: string): this {
    this.selected.name = name;
    return this;
  }

  /** Sets the version and adds the option `--version`. */
  version(version: string): this {
    this.selected.version = version;
    return this;
  }

  /** Sets what the help says first. */
  description(description: string): this {
    this.selected.description = description;
    return this;
  }

  /** Sets what the help shows after the command's name. */
  usage(usage: string): this {
    this.selected.usage = usage;
    return this;
  }

  /** Adds an example to the help. */
  example(name: string, description: string): this {
    this.selected.examples.push({ name, description });
    return this;
  }

  /** Leaves the command out of the help. */
  hidden(): this {
    this.selected.hidden = true;
    return this;
  }

  /** Adds another name for the command. */
  alias(alias: string): this {
    const { name, aliases } = this.selected;
    if (name === alias || aliases.includes(alias)) {
      throw new Error(`Duplicate command alias "${alias}".`);
    }
    aliases.push(alias);
    return this;
  }

  /** Sets the command under this one that runs if nothing at all is given. */
  default(name: string): this {
    this.selected.defaultCommand = name;
    return this;
  }

  /** Throws what is wrong with a command line instead of ending the process. */
  throwErrors(): this {
    this.selected.throws = true;
    return this;
  }

  /** Never ends the process, not even after `--help`. */
  noExit(): this {
    this.selected.exits = false;
    return this.throwErrors();
  }

  /** The command's name. */
  getName(): string {
    return this.own.name;
  }

  /** The version of the command or of one above it. */
  getVersion(): string | undefined {
    return versionOf(this.own);
  }

  /** What the help says first. */
  getDescription(): string {
    return this.own.description;
  }

  /** The arguments as text, such as `<name:string> [rest...:string]`. */
  getArgsDefinition(): string | undefined {
    const { arguments: args } = this.own;
    return args.length ? args.map(shown).join(" ") : undefined;
  }

  /** The other names of the command. */
  getAliases(): string[] {
    return this.own.aliases;
  }

  /** The options that it takes, global ones of the commands above it first. */
  getOptions(hidden = false): Option[] {
    return optionsOf(this.own).filter((option) => hidden || !option.hidden)
      .map(describedOption);
  }

  /** The commands under this one. */
  getCommands(hidden = false): Command[] {
    return this.own.commands.filter((each) => hidden || !each.hidden)
      .map(({ command }) => command);
  }

  /** The examples of the help. */
  getExamples(): Example[] {
    return this.own.examples;
  }

  /** What stood after `--`. */
  getLiteralArgs(): string[] {
    return this.own.literalArgs;
  }

  /** The help text. */
  getHelp(options?: HelpOptions): string {
    addStandardOptions(this.own);
    return helpText(this.own, options);
  }

  /** Prints the help text. */
  showHelp(options?: HelpOptions): void {
    console.log(this.getHelp(options));
  }
}
