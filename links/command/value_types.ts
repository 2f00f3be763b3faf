import { unknown, ValidationError } from "./errors.ts";

/** A text from the command line, and what it is there for. */
export interface ArgumentValue {
  /** `Option` or `Argument`. */
  label: string;
  /** The name of the option or argument. */
  name: string;
  /** The name of the type. */
  type: string;
  /** The text. */
  value: string;
}

/** Turns a text into a value, or throws a {@linkcode ValidationError}. */
export type TypeHandler<Value> = (type: ArgumentValue) => Value;

/** A type of values as a class. */
export abstract class Type<Value> {
  /** Turns a text into a value, or throws a {@linkcode ValidationError}. */
  abstract parse(type: ArgumentValue): Value;

  /** The values that are possible, to be shown in the help. */
  values?(): readonly unknown[];
}

/** One of a few values, named by its text. */
export class EnumType<const Value extends string | number | boolean>
  extends Type<Value> {
  readonly #values: readonly Value[];

  constructor(values: readonly Value[] | Record<string, Value>) {
    super();
    this.#values = Object.values(values);
  }

  parse(type: ArgumentValue): Value {
    const found = this.#values.find((value) => `${value}` === type.value);
    if (found === undefined) throw wrongType(type, this.#values);
    return found;
  }

  override values(): Value[] {
    return [...this.#values];
  }
}

/** A type of values, either way. */
export type TypeOrTypeHandler<Value> = Type<Value> | TypeHandler<Value>;

/** The types that every command knows. */
export const BUILT_IN_TYPES: ReadonlyMap<string, TypeHandler<unknown>> =
  new Map<string, TypeHandler<unknown>>([
    ["string", ({ value }) => value],
    ["number", numberType],
    ["integer", integerType],
    ["boolean", booleanType],
    ["file", ({ value }) => value],
    ["secret", ({ value }) => value],
  ]);

/** Turns a text into a value of its type. */
export function convert(
  argument: ArgumentValue,
  types: ReadonlyMap<string, TypeOrTypeHandler<unknown>>,
): unknown {
  const type = types.get(argument.type) ?? BUILT_IN_TYPES.get(argument.type);
  if (!type) {
    const known = [...BUILT_IN_TYPES.keys(), ...types.keys()];
    throw new Error(unknown("type", { name: argument.type, known }));
  }
  return type instanceof Type ? type.parse(argument) : type(argument);
}

function numberType(type: ArgumentValue): number {
  const value = Number(type.value);
  if (type.value === "" || !Number.isFinite(value)) throw wrongType(type);
  return value;
}

function integerType(type: ArgumentValue): number {
  const value = Number(type.value);
  if (!Number.isInteger(value)) throw wrongType(type);
  return value;
}

function booleanType(type: ArgumentValue): boolean {
  if (["true", "1"].includes(type.value)) return true;
  if (["false", "0"].includes(type.value)) return false;
  throw wrongType(type, ["true", "false", "1", "0"]);
}

function wrongType(
  { label, name, type, value }: ArgumentValue,
  expected?: readonly unknown[],
): ValidationError {
  const choice = expected
    ? ` Expected values: ${expected.map((each) => `"${each}"`).join(", ")}`
    : "";
  return new ValidationError(
    `${label} "${name}" must be of type "${type}", but got "${value}".${choice}`,
  );
}
