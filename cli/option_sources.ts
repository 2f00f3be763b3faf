/**
 * Options that the command line leaves out: they come from variables of the
 * environment, or from a file in JSON. The command line comes first, then the
 * variable, then the file, then the default.
 *
 * @module
 */

import { type Option, ValidationError } from "@cliffy/command";
import { quote } from "../protocol/name.ts";
import { readConfig } from "./config_file.ts";
import { type DescribedCommand, splitLine } from "./described_command.ts";

/** Where options come from besides the command line. */
export interface OptionSources {
  /** What the program's variables start with, `PEERDEX_`. */
  readonly prefix: string;
  /** Reads a variable; `undefined` where it is not set or may not be read. */
  readVariable(name: string): string | undefined;
  /**
   * Reads a file.
   *
   * @throws {ValidationError} Where it cannot be read.
   */
  readFile(path: string): string;
}

/** A command line with the options that it left out. */
export interface FullLine {
  readonly args: readonly string[];
  /** Where each of the options added came from, in words, by name. */
  readonly origins: ReadonlyMap<string, string>;
}

/** The option that names the file. */
const CONFIG = "config";

/** What is no setting, and stands alone. */
const STANDALONE = new Set(["help", "version", CONFIG]);

/**
 * Adds to a command line what variables and the file say.
 *
 * @param args The words after the program's name.
 * @param root The program's command.
 * @throws {ValidationError} Where the file cannot be used, or an option of the
 * command line is empty.
 */
export function withSources(
  args: readonly string[],
  root: DescribedCommand,
  sources: OptionSources,
): FullLine {
  const origins = new Map<string, string>();
  if (asksForItself(args)) return { args, origins };
  const { command, at, given } = splitLine(args, root);
  refuseEmpty(given);
  const path = given.get(CONFIG) ??
    sources.readVariable(variableOf(CONFIG, sources));
  const config = path ? readConfig(path, { root, sources }) : undefined;
  const added: string[] = [];
  for (const option of command.getOptions()) {
    const { name } = option;
    if (STANDALONE.has(name) || given.has(name)) continue;
    const variable = variableOf(name, sources);
    const text = sources.readVariable(variable);
    const found = text
      ? { value: text, origin: `the variable ${variable}` }
      : config?.has(name)
      ? { value: config.get(name)!, origin: `the file ${path}` }
      : undefined;
    if (!found) continue;
    const flag = flagOf(option, found);
    if (flag === undefined) continue;
    added.push(flag);
    origins.set(name, found.origin);
  }
  return { args: [...args.slice(0, at), ...added, ...args.slice(at)], origins };
}

/**
 * Refuses an option with nothing as its value, as in `--dir "$UNSET"`: the
 * parser would take the default, and that is another folder than was meant.
 */
function refuseEmpty(given: ReadonlyMap<string, string | undefined>): void {
  for (const [name, value] of given) {
    if (value !== "") continue;
    throw new ValidationError(
      `Cannot use "" for --${name}: it is empty; leave the option out, or ` +
        "give it a value",
    );
  }
}

/**
 * The same error, saying where the option comes from that it is about, if that
 * is not the command line.
 */
export function withOrigin(error: unknown, { origins }: FullLine): unknown {
  if (!(error instanceof ValidationError)) return error;
  for (const [name, origin] of origins) {
    if (!new RegExp(`--${name}(?![\\w-])`).test(error.message)) continue;
    return new ValidationError(
      `${error.message.replace(/\.$/, "")} (--${name} comes from ${origin})`,
      { exitCode: error.exitCode },
    );
  }
  return error;
}

/** The name of an option's variable: `--limit-up` is `PEERDEX_LIMIT_UP`. */
export function variableOf(
  name: string,
  { prefix }: Pick<OptionSources, "prefix">,
): string {
  return prefix + name.replaceAll("-", "_").toUpperCase();
}

/** The variables and files of this process, where it may read them. */
export function systemSources(prefix: string): OptionSources {
  return {
    prefix,
    readVariable: (variable) =>
      isGranted({ name: "env", variable }) ? Deno.env.get(variable) : undefined,
    readFile(path) {
      if (!isGranted({ name: "read", path })) {
        throw new ValidationError(
          `Cannot read the configuration ${quote(path)}: permission is not ` +
            `given; run with --allow-read=${path}`,
        );
      }
      try {
        return Deno.readTextFileSync(path);
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new ValidationError(
          `Cannot read the configuration ${quote(path)}: ${reason}`,
        );
      }
    },
  };
}

/** Nothing but the command line. */
export const NO_SOURCES: OptionSources = {
  prefix: "",
  readVariable: () => undefined,
  readFile: (path) => {
    throw new ValidationError(`Cannot read the configuration ${quote(path)}`);
  },
};

/** Whether help or the version is wanted, which stand alone. */
function asksForItself(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  const words = end < 0 ? args : args.slice(0, end);
  return words.some((word) => /^(-h|--help|-V|--version)(=|$)/.test(word));
}

const YES = /^(1|true|yes|on)$/i;
const NO = /^(0|false|no|off)$/i;

/** What stands on the command line for a value, if anything does. */
function flagOf(
  { name, typeDefinition }: Option,
  { value, origin }: { value: string; origin: string },
): string | undefined {
  if (typeDefinition !== undefined) return `--${name}=${value}`;
  if (YES.test(value)) return `--${name}`;
  if (NO.test(value)) return undefined;
  throw new ValidationError(
    `Cannot use ${quote(value)} for --${name}: expected true or false ` +
      `(--${name} comes from ${origin})`,
  );
}

function isGranted(descriptor: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(descriptor).state === "granted";
}
