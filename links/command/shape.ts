import type { BuiltInTypes, Merge } from "./inference.ts";

/** Where a command's type keeps what it was defined with; no such value. */
export declare const SHAPE: unique symbol;

/** What is known of a command's type, whatever it is. */
export interface AnyCommand {
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
export type Root<Sub extends AnyCommand> = Sub[typeof SHAPE]["parent"] extends
  AnyCommand ? Sub[typeof SHAPE]["parent"][typeof SHAPE]
  : Sub[typeof SHAPE];

/** Whether a command counts on just the global options that it gets. */
export type Fits<Shape extends { parentGlobals: unknown }, Globals> =
  [Shape["parentGlobals"]] extends [void] ? true
    : [Shape["parentGlobals"], Globals] extends
      [Globals, Shape["parentGlobals"]] ? true
    : false;

/** What a command gets from those above it. */
export type GlobalsUnder<Above, Own, Parent> = Parent extends AnyCommand ? Above
  : Merge<Above, Own>;

/** What an option or argument may be of. */
export type KnownTypes<Above, Global, Own> =
  & BuiltInTypes
  & NoVoid<Merge<Above, Merge<Global, Own>>>;

/** Nothing known rather than `void`. */
export type NoVoid<Value> = [Value] extends [void] ? unknown : Value;
