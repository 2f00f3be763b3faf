/**
 * Checks a value against the part of JSON Schema that the description of the
 * JSON interface is written in.
 *
 * @module
 */

/** A schema. */
export interface Schema {
  readonly $ref?: string;
  readonly allOf?: readonly Schema[];
  readonly type?: string | readonly string[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
}

/** What of a value does not fit; nothing, it is hoped. */
export function misfits(
  value: unknown,
  schema: Schema,
  { schemas, at = "$" }: {
    schemas: Readonly<Record<string, Schema>>;
    at?: string;
  },
): string[] {
  const check = (inner: unknown, by: Schema, place: string) =>
    misfits(inner, by, { schemas, at: place });
  if (schema.$ref) {
    const named = schemas[schema.$ref.split("/").at(-1)!];
    return named ? check(value, named, at) : [`${at}: no ${schema.$ref}`];
  }
  if (schema.allOf) {
    return schema.allOf.flatMap((part) => check(value, part, at));
  }
  const types = [schema.type].flat().filter(Boolean);
  if (types.length > 0 && !types.some((type) => isOf(value, type!))) {
    return [`${at}: ${JSON.stringify(value)} is no ${types.join(" or ")}`];
  }
  const faults: string[] = [];
  if (typeof value === "number") {
    if (value < (schema.minimum ?? -Infinity)) faults.push(`${at}: too small`);
    if (value > (schema.maximum ?? Infinity)) faults.push(`${at}: too large`);
  }
  if (typeof value === "string" && schema.pattern) {
    if (!new RegExp(schema.pattern).test(value)) faults.push(`${at}: ${value}`);
  }
  if (Array.isArray(value) && schema.items) {
    const { items } = schema;
    value.forEach((item, i) =>
      faults.push(...check(item, items, `${at}[${i}]`))
    );
  } else if (typeof value === "object" && value !== null) {
    for (const name of schema.required ?? []) {
      if (!(name in value)) faults.push(`${at}.${name} is missing`);
    }
    for (const [name, inner] of Object.entries(value)) {
      const by = schema.properties?.[name] ?? schema.additionalProperties;
      if (by) faults.push(...check(inner, by, `${at}.${name}`));
    }
  }
  return faults;
}

function isOf(value: unknown, type: string): boolean {
  switch (type) {
    case "null":
      return value === null;
    case "integer":
      return Number.isInteger(value);
    case "array":
      return Array.isArray(value);
    case "object":
      return typeof value === "object" && value !== null &&
        !Array.isArray(value);
    default: {
      const actual = typeof value;
      return actual === type;
    }
  }
}
