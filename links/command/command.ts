import {
  type CommandDefinition,
  defineArguments,
  defineOption,
  findCommand,
  versionOf,
} from "./definition.ts";
import { type HelpOptions, helpText } from "./help.ts";
import type {
  Arguments,
  BuiltInTypes,
  CommandArguments,
  Flat,
  Mapped,
  Merge,
  OneOf,
  OptionShape,
  ValueOf,
  WithOption,
} from "./inference.ts";
import { unread } from "./parsed.ts";
import { addOption, addStandardOptions, run } from "./run.ts";
import type { TypeOrTypeHandler } from "./value_types.ts";

declare const SHAPE: unique symbol;

/** What may be said of an option besides its flags and description. */
export interface OptionOptions<Required, Collect, Default, Value, Result> {
  /** Gather the values of all occurrences in an array. */
  collect?: Collect;
  /** The options that it excludes, without dashes. */
  conflicts?: string[];
  /** Its value where it is not given, or a function that makes it. */
  default?: Default | (() => Default);
  /** The options that it needs, without dashes. */
  depends?: string[];
  /** Leave it out of the help. */
  hidden?: boolean;
  /** It has to be given. */
  required?: Required;
  /** It has to be given alone. */
  standalone?: boolean;
  /** Makes the value that counts out of the one that was given. */
  value?: (value: Value, previous?: Result) => Result;
}

/** What a command line gave. */
export interface CommandResult<Options, Args> {
  options: Options;
  args: Args;
  literal: string[];
  cmd: Command;
}

/** A command, its options and arguments, and the commands under it. */
export class Command<
  ParentGlobals = void,
  ParentTypes = void,
  Options = void,
  Args extends unknown[] = [],
  Globals = void,
  Types = void,
  GlobalTypes = void,
  Parent = undefined,
> {
  declare readonly [SHAPE]: {
    parentGlobals: ParentGlobals;
    options: Options;
    args: Args;
    globals: Globals;
    types: Types;
    globalTypes: GlobalTypes;
    parent: Parent;
  };
  readonly #own: CommandDefinition = {
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
  #selected = this.#own;

  /** Sets the name that the help shows. */
  name(name: string): this {
    this.#selected.name = name;
    return this;
  }

  /** Sets the version and adds the option `--version`. */
  version(version: string): this {
    this.#selected.version = version;
    return this;
  }

  /** Sets what the help says first. */
  description(description: string): this {
    this.#selected.description = description;
    return this;
  }

  /** Sets what the help shows after the command's name. */
  usage(usage: string): this {
    this.#selected.usage = usage;
    return this;
  }

  /** Adds an example to the help. */
  example(name: string, description: string): this {
    this.#selected.examples.push({ name, description });
    return this;
  }

  /** Leaves the command out of the help. */
  hidden(): this {
    this.#selected.hidden = true;
    return this;
  }

  /** Adds another name for the command. */
  alias(alias: string): this {
    const { name, aliases } = this.#selected;
    if (name === alias || aliases.includes(alias)) {
      throw new Error(`Duplicate command alias "${alias}".`);
    }
    aliases.push(alias);
    return this;
  }

  /** Sets the command under this one that runs if nothing at all is given. */
  default(name: string): this {
    this.#selected.defaultCommand = name;
    return this;
  }

  /** Throws what is wrong with a command line instead of ending the process. */
  throwErrors(): this {
    this.#selected.throws = true;
    return this;
  }

  /** Never ends the process, not even after `--help`. */
  noExit(): this {
    this.#selected.exits = false;
    return this.throwErrors();
  }

  /** Adds a type for the options and arguments of this command. */
  type<
    Handler extends TypeOrTypeHandler<unknown>,
    Name extends string = string,
  >(name: Name, handler: Handler): Command<
    ParentGlobals,
    ParentTypes,
    Options,
    Args,
    Globals,
    Merge<Types, { [Key in Name]: ValueOf<Handler> }>,
    GlobalTypes,
    Parent
  > {
    this.#selected.types.set(name, handler);
    return this as never;
  }

  /** Adds a type for this command and those under it. */
  globalType<
    Handler extends TypeOrTypeHandler<unknown>,
    Name extends string = string,
  >(name: Name, handler: Handler): Command<
    ParentGlobals,
    ParentTypes,
    Options,
    Args,
    Globals,
    Types,
    Merge<GlobalTypes, { [Key in Name]: ValueOf<Handler> }>,
    Parent
  > {
    this.#selected.globalTypes.set(name, handler);
    return this as never;
  }

  /** Sets the arguments: `<name:string> [rest...:string]`. */
  arguments<Text extends string>(text: Text): Command<
    ParentGlobals,
    ParentTypes,
    Options,
    Arguments<Text, KnownTypes<ParentTypes, GlobalTypes, Types>>,
    Globals,
    Types,
    GlobalTypes,
    Parent
  > {
    this.#selected.arguments = defineArguments(text);
    return this as never;
  }

  /** Adds an option of this command alone: `-p, --port <port:integer>`. */
  option<
    Flags extends string,
    Shape extends OptionShape<
      Flags,
      Options,
      KnownTypes<ParentTypes, GlobalTypes, Types>,
      Required,
      Default
    >,
    Required extends boolean | undefined = undefined,
    Collect extends boolean | undefined = undefined,
    const Default = undefined,
    Result = undefined,
  >(
    flags: Flags,
    description: string,
    options?: OptionOptions<
      Required,
      Collect,
      Default,
      Exclude<Shape[keyof Shape], undefined>,
      Result
    >,
  ): Command<
    ParentGlobals,
    ParentTypes,
    WithOption<Flags, Options, Mapped<Shape, Result, Collect>>,
    Args,
    Globals,
    Types,
    GlobalTypes,
    Parent
  > {
    const settings = { ...options, description };
    addOption(this.#selected, defineOption(flags, settings));
    return this as never;
  }

  /** Adds an option of this command and those under it. */
  globalOption<
    Flags extends string,
    Shape extends OptionShape<
      Flags,
      Options,
      KnownTypes<ParentTypes, GlobalTypes, Types>,
      Required,
      Default
    >,
    Required extends boolean | undefined = undefined,
    Collect extends boolean | undefined = undefined,
    const Default = undefined,
    Result = undefined,
  >(
    flags: Flags,
    description: string,
    options?: OptionOptions<
      Required,
      Collect,
      Default,
      Exclude<Shape[keyof Shape], undefined>,
      Result
    >,
  ): Command<
    ParentGlobals,
    ParentTypes,
    Options,
    Args,
    WithOption<Flags, Globals, Mapped<Shape, Result, Collect>>,
    Types,
    GlobalTypes,
    Parent
  > {
    const settings = { ...options, description, global: true };
    addOption(this.#selected, defineOption(flags, settings));
    return this as never;
  }

  /** Adds a command; what follows in the chain is about that command. */
  command<Sub extends AnyCommand>(
    name: string,
    command: GlobalsUnder<ParentGlobals, Globals, Parent> extends
      Root<Sub>["parentGlobals"] ? Sub : never,
  ): Command<
    GlobalsUnder<ParentGlobals, Globals, Parent>,
    GlobalsUnder<ParentTypes, GlobalTypes, Parent>,
    Root<Sub>["options"],
    Root<Sub>["args"],
    Root<Sub>["globals"],
    Root<Sub>["types"],
    Root<Sub>["globalTypes"],
    OneOf<Parent, this>
  >;
  command<Text extends string>(
    nameAndArguments: Text,
    description?: string,
  ): Command<
    GlobalsUnder<ParentGlobals, Globals, Parent>,
    GlobalsUnder<ParentTypes, GlobalTypes, Parent>,
    void,
    CommandArguments<
      Text,
      BuiltInTypes & NoVoid<GlobalsUnder<ParentTypes, GlobalTypes, Parent>>
    >,
    void,
    void,
    void,
    OneOf<Parent, this>
  >;
  command(nameAndArguments: string, sub: AnyCommand | string = ""): unknown {
    const [name = "", ...rest] = nameAndArguments.trim().split(/ +/);
    if (findCommand(this.#own, name)) {
      throw new Error(`Duplicate command name "${name}".`);
    }
    const command = sub instanceof Command
      ? sub
      : new Command().description(`${sub}`);
    const definition: CommandDefinition = command.#own;
    definition.name = name;
    definition.parent = this.#own;
    if (rest.length) definition.arguments = defineArguments(rest.join(" "));
    this.#own.commands.push(definition);
    this.#selected = definition;
    return this;
  }

  /** Makes what follows in the chain be about the topmost command again. */
  reset(): OneOf<Parent, this> {
    this.#selected = this.#own;
    return this as never;
  }

  /** Sets what the command does. */
  action(
    handler: (
      this: Command<
        ParentGlobals,
        ParentTypes,
        Options,
        Args,
        Globals,
        Types,
        GlobalTypes,
        Parent
      >,
      options: Flat<Merge<ParentGlobals, Merge<Globals, Options>>>,
      ...args: Args
    ) => unknown,
  ): this {
    const { command } = this.#selected;
    this.#selected.action = (options, args) =>
      handler.apply(command as never, [options, ...args] as never);
    return this;
  }

  /**
   * Reads a command line and does what it says.
   *
   * @throws {ValidationError} if it is wrong and errors are to be thrown;
   * otherwise help and error are shown and the process ends.
   */
  async parse(args: string[] = Deno.args): Promise<
    Parent extends AnyCommand
      ? CommandResult<Record<string, unknown>, unknown[]>
      : CommandResult<Flat<Merge<ParentGlobals, Merge<Globals, Options>>>, Args>
  > {
    this.#own.isRoot = true;
    this.#selected = this.#own;
    addStandardOptions(this.#own);
    const parsed = unread(args);
    const { command } = await run(this.#own, parsed);
    const { options, args: values, literal } = parsed;
    return { options, args: values, literal, cmd: command } as never;
  }

  /** The command's name. */
  getName(): string {
    return this.#own.name;
  }

  /** The version of the command or of one above it. */
  getVersion(): string | undefined {
    return versionOf(this.#own);
  }

  /** What stood after `--`. */
  getLiteralArgs(): string[] {
    return this.#own.literalArgs;
  }

  /** The help text. */
  getHelp(options?: HelpOptions): string {
    addStandardOptions(this.#own);
    return helpText(this.#own, options);
  }

  /** Prints the help text. */
  showHelp(options?: HelpOptions): void {
    console.log(this.getHelp(options));
  }
}

/** What is known of a command's type, whatever it is. */
interface AnyCommand {
  readonly [SHAPE]: {
    parentGlobals: unknown;
    options: unknown;
    args: unknown[];
    globals: unknown;
    types: unknown;
    globalTypes: unknown;
    parent: unknown;
  };
}

/** The shape of the command at the top of a chain. */
type Root<Sub extends AnyCommand> = Sub[typeof SHAPE]["parent"] extends
  AnyCommand ? Sub[typeof SHAPE]["parent"][typeof SHAPE]
  : Sub[typeof SHAPE];

/** What a command gets from those above it. */
type GlobalsUnder<Above, Own, Parent> = Parent extends AnyCommand ? Above
  : Merge<Above, Own>;

/** What an option or argument may be of. */
type KnownTypes<Above, Global, Own> =
  & BuiltInTypes
  & NoVoid<Merge<Above, Merge<Global, Own>>>;

type NoVoid<Value> = [Value] extends [void] ? unknown : Value;
