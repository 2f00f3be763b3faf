import type { ArgumentDefinition, OptionDefinition } from "./definition.ts";

/** An option, as {@link Command.getOptions} shows it. */
export interface Option {
  /** The long flag without its dashes. */
  name: string;
  /** The flags, as they are typed. */
  flags: string[];
  description: string;
  /** The value that it takes, such as `<port:integer>`, if it takes one. */
  typeDefinition?: string;
  required?: boolean;
  /** Its value where it is not given, or a function that makes it. */
  default?: unknown;
  /** The options that it needs, without dashes. */
  depends?: string[];
  /** The options that it excludes, without dashes. */
  conflicts?: string[];
}

/** An example, as {@link Command.getExamples} shows it. */
export interface Example {
  name: string;
  description: string;
}

/** What is to be seen of an option's definition. */
export function describedOption(option: OptionDefinition): Option {
  const { name, flags, description, argument } = option;
  const { required, depends, conflicts } = option;
  return {
    name,
    flags: [...flags],
    description,
    ...(argument && { typeDefinition: shown(argument) }),
    ...(required && { required }),
    ...(option.default !== undefined && { default: option.default }),
    ...(depends && { depends }),
    ...(conflicts && { conflicts }),
  };
}

/** An argument as text, such as `[rest...:string]`. */
export function shown(
  { name, type, optional, variadic }: ArgumentDefinition,
): string {
  const text = `${name}${variadic ? "..." : ""}:${type}`;
  return optional ? `[${text}]` : `<${text}>`;
}
