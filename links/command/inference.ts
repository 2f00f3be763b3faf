/**
 * What TypeScript makes of flags and arguments: `--port <port:integer>` is an
 * optional property `port` of type number. It gives what Cliffy's types give.
 *
 * @module
 */
import type { TypeOrTypeHandler } from "./value_types.ts";

/** Both, where `void` is nothing. */
export type Merge<Left, Right> = [Left] extends [void] ? Right
  : [Right] extends [void] ? Left
  : Left & Right;

/** The first, unless it is nothing. */
export type OneOf<Value, Otherwise> = Value extends void ? Otherwise : Value;

/** One object type out of several. */
export type Flat<Value> = Value extends object
  ? { [Key in keyof Value]: Value[Key] }
  : Value;

/** The types that every command knows. */
export interface BuiltInTypes {
  string: string;
  number: number;
  integer: number;
  boolean: boolean;
  file: string;
  secret: string;
}

/** The values of a type. */
export type ValueOf<Handler> = Handler extends TypeOrTypeHandler<infer Value>
  ? Value
  : never;

/** The arguments of `<name:string> [rest...:string]`. */
export type Arguments<Text extends string, Types> = Text extends
  `${infer First} ${infer Rest}`
  ? First extends `[${string}`
    ? [Value<First, Types>?, ...Arguments<Rest, Types>]
  : [Value<First, Types>, ...Arguments<Rest, Types>]
  : Text extends `[${string}...${string}` ? Value<Text, Types>[]
  : Text extends `${string}...${string}`
    ? [Value<Text, Types>, ...Value<Text, Types>[]]
  : Text extends `[${string}` ? [Value<Text, Types>?]
  : [Value<Text, Types>];

/** The arguments of `name <first:string>`. */
export type CommandArguments<Text extends string, Types> = Text extends
  `${string} ${infer Rest}` ? Arguments<Rest, Types> : [];

/** The property that an option sets. */
export type OptionShape<
  Flags extends string,
  Own,
  Types,
  Required,
  Default,
> = Flags extends `${string}--${infer Name} ${infer Text}`
  ? Valued<Trim<Name>, LastWord<Text>, Types, IsSet<Required, Default>, Default>
  : Flags extends `${string}--no-${infer Name}`
    ? Negated<Camel<Name>, Own, Default>
  : Flags extends `${string}--${infer Name}`
    ? IsSet<Required, Default> extends true
      ? { [Key in Camel<Name>]: true | NonNullable<Default> }
    : { [Key in Camel<Name>]?: true | Default }
  : never;

/** The property after `collect` and `value`. */
export type Mapped<Shape, Result, Collect> = [Result] extends [undefined]
  ? Collect extends true ? { [Key in keyof Shape]: NonNullable<Shape[Key]>[] }
  : Shape
  : { [Key in keyof Shape]: Result };

/** The options, one more added. */
export type WithOption<Flags extends string, Options, Added> = Flags extends
  `${string}--no-${string}` ? Spread<Options, Added> : Merge<Options, Added>;

type Spread<Left, Right> = [Left] extends [void] ? Right
  :
    & Omit<Left, keyof Right>
    & Omit<Right, keyof Left>
    & {
      [
        Key in keyof Left & keyof Right as IsOptional<Left, Key> extends true
          ? IsOptional<Right, Key> extends true ? never : Key
          : Key
      ]:
        | Exclude<Left[Key], undefined>
        | Exclude<Right[Key], undefined>;
    }
    & {
      [
        Key in keyof Left & keyof Right as IsOptional<Left, Key> extends true
          ? IsOptional<Right, Key> extends true ? Key : never
          : never
      ]?: Left[Key] | Right[Key];
    };

type IsOptional<Shape, Key extends keyof Shape> = Record<never, never> extends
  Pick<Shape, Key> ? true : false;

type IsSet<Required, Default> = Required extends true ? true
  : Default extends undefined ? false
  : true;

type Negated<Name extends string, Own, Default> = Default extends undefined
  ? Name extends keyof Own ? { [Key in Name]?: false }
  : { [Key in Name]: boolean }
  : { [Key in Name]: NonNullable<Default> | false };

type Valued<Name extends string, Text extends string, Types, Set, Default> =
  Set extends true ? { [Key in Camel<Name>]: Given<Text, Types, Default> }
    : { [Key in Camel<Name>]?: Given<Text, Types, Default> };

type Given<Text extends string, Types, Default> =
  | NonNullable<Default>
  | Value<Text, Types>
  | (Text extends `[${string}` ? true : never);

type Value<Text extends string, Types> = Text extends
  `${string}:${infer Name}${"]" | ">"}`
  ? Name extends keyof Types ? Types[Name] : unknown
  : string;

type LastWord<Text extends string> = Text extends `-${string} ${infer Rest}`
  ? LastWord<Rest>
  : Text;

type Trim<Name extends string> = Name extends `${infer Rest},` ? Rest : Name;

type Camel<Name extends string> = Name extends `${infer First}-${infer Rest}`
  ? `${First}${Capitalize<Camel<Rest>>}`
  : Name;
