import { CommandSettings } from "./command_settings.ts";
import { defineArguments, defineOption, findCommand } from "./definition.ts";
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
import type { OptionOptions } from "./option_options.ts";
import { unread } from "./parsed.ts";
import { addOption, addStandardOptions, run } from "./run.ts";
import type {
  AnyCommand,
  Fits,
  GlobalsUnder,
  KnownTypes,
  NoVoid,
  Root,
  SHAPE,
} from "./shape.ts";
import type { TypeOrTypeHandler } from "./value_types.ts";

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
> extends CommandSettings {
  declare readonly [SHAPE]: {
    parentGlobals: ParentGlobals;
    options: Options;
    args: Args;
    globals: Globals;
    types: Types;
    globalTypes: GlobalTypes;
    parent: Parent;
  };

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
    this.selected.types.set(name, handler);
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
    this.selected.globalTypes.set(name, handler);
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
    this.selected.arguments = defineArguments(text);
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
    addOption(this.selected, defineOption(flags, settings));
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
    addOption(this.selected, defineOption(flags, settings));
    return this as never;
  }

  /** Adds a command; what follows in the chain is about that command. */
  command<Sub extends AnyCommand>(
    name: string,
    command:
      Fits<Root<Sub>, GlobalsUnder<ParentGlobals, Globals, Parent>> extends true
        ? Sub
        : never,
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
    if (findCommand(this.own, name)) {
      throw new Error(`Duplicate command name "${name}".`);
    }
    const command = sub instanceof Command
      ? sub
      : new Command().description(`${sub}`);
    const definition = command.own;
    definition.name = name;
    definition.parent = this.own;
    if (rest.length) definition.arguments = defineArguments(rest.join(" "));
    this.own.commands.push(definition);
    this.selected = definition;
    return this;
  }

  /** Makes what follows in the chain be about the topmost command again. */
  reset(): OneOf<Parent, this> {
    this.selected = this.own;
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
    const { command } = this.selected;
    this.selected.action = (options, args) =>
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
    this.own.isRoot = true;
    this.selected = this.own;
    addStandardOptions(this.own);
    const parsed = unread(args);
    const { command } = await run(this.own, parsed);
    const { options, args: values, literal } = parsed;
    return { options, args: values, literal, cmd: command } as never;
  }
}
