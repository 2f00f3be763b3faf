/**
 * One command line with every kind of option, to be read in many ways.
 *
 * @module
 */

import { Command, EnumType } from "@cliffy/command";

/** What a command line led to. */
export interface Outcome {
  readonly command: string;
  readonly options: unknown;
  readonly args: readonly unknown[];
  readonly literal: readonly string[];
}

/** Reads a command line; whatever is wrong with it is thrown. */
export async function readLine(...line: string[]): Promise<Outcome> {
  let outcome: Outcome | undefined;
  const note = (command: string) =>
    function (
      this: { getLiteralArgs(): string[] },
      options: unknown,
      ...args: unknown[]
    ): void {
      outcome = { command, options, args, literal: this.getLiteralArgs() };
    };
  await sampleCommand(note).noExit().parse(line);
  if (!outcome) throw new Error("No command was run");
  return outcome;
}

/** Makes the command. */
export function sampleCommand(
  action: (
    name: string,
  ) => (
    this: { getLiteralArgs(): string[] },
    options: unknown,
    ...args: unknown[]
  ) => void = () => () => {},
) {
  return new Command()
    .name("sample")
    .version("1.2.3")
    .description("A sample.\nWith a second line.")
    .globalType("how", new EnumType(["newest", "least-used"]))
    .globalOption("-i, --index <address:string>", "Where the index is.")
    .globalOption("-v, --verbose", "Say more.")
    .globalOption("--quiet", "Say less.", { conflicts: ["verbose"] })
    .option("-p, --port <port:integer>", "Port.", { default: 60000 })
    .option("--max-peers <count:number>", "Peers.")
    .option("--select <how:how>", "Order.")
    .option("-t, --tag <tag:string>", "Tags.", { collect: true })
    .option("--level [level:number]", "Level.")
    .option("--strict <strict:boolean>", "Strictness.")
    .option("--double <value:integer>", "Twice.", { value: (n) => n * 2 })
    .option("--no-color", "Plain.")
    .option("--secret", "Not shown.", { hidden: true })
    .example("Share a file", "sample share a.txt")
    .action(action("sample"))
    .command("share <path:string> [more...:file]", "Shares files.")
    .alias("s")
    .option("-o, --out <folder:file>", "Where to.")
    .action(action("share"))
    .command("list [limit:integer]", "Lists.")
    .option("--key <key:string>", "Key.", { required: true })
    .action(action("list"))
    .command("inner", "Does what is hidden.")
    .hidden()
    .action(action("inner"))
    .reset();
}
