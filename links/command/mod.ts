/**
 * The part of `@cliffy/command` in use. Definitions and help text rest on
 * commander; command lines are read by Cliffy's rules, which commander does not
 * follow.
 *
 * @module
 */
export { Command } from "./command.ts";
export type { Example, Option } from "./described.ts";
export { ValidationError, type ValidationErrorOptions } from "./errors.ts";
export {
  type ArgumentValue,
  EnumType,
  Type,
  type TypeHandler,
  type TypeOrTypeHandler,
} from "./value_types.ts";
