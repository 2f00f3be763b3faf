import { assertEquals } from "@std/assert";
import { Command } from "@cliffy/command";
import { sampleCommand } from "./sample_command.ts";

Deno.test("Command.getOptions() gives the options that help shows", () => {
  const command = sampleCommand();
  command.getHelp();
  assertEquals(
    command.getOptions().map(({ flags, typeDefinition }) =>
      [flags.join(", "), typeDefinition].filter((part) => part).join(" ")
    ),
    [
      "-h, --help",
      "-V, --version",
      "-i, --index <address:string>",
      "-v, --verbose",
      "--quiet",
      "-p, --port <port:integer>",
      "--max-peers <count:number>",
      "--select <how:how>",
      "-t, --tag <tag:string>",
      "--level [level:number]",
      "--strict <strict:boolean>",
      "--double <value:integer>",
      "--no-color",
    ],
  );
});

Deno.test("Command.getOptions() gives hidden ones where asked", () => {
  const names = (hidden: boolean) =>
    sampleCommand().getOptions(hidden).map(({ name }) => name);
  assertEquals(names(false).includes("secret"), false);
  assertEquals(names(true).includes("secret"), true);
});

Deno.test("Command.getOptions() tells what was said of an option", () => {
  const options = new Command().name("one")
    .option("-k, --key <key:string>", "Key.", { required: true })
    .option("--port <port:integer>", "Port.", { default: 7 })
    .option("--a", "A.", { conflicts: ["port"], depends: ["key"] })
    .getOptions();
  assertEquals(
    options.map((
      { name, description, required, default: value, conflicts, depends },
    ) => [name, description, required, value, conflicts, depends]),
    [
      ["key", "Key.", true, undefined, undefined, undefined],
      ["port", "Port.", undefined, 7, undefined, undefined],
      ["a", "A.", undefined, undefined, ["port"], ["key"]],
    ],
  );
});

Deno.test("Command.getCommands() gives the commands that help shows", () => {
  const command = sampleCommand();
  assertEquals(
    command.getCommands().map((each) => [
      each.getName(),
      each.getAliases(),
      each.getArgsDefinition(),
      each.getDescription(),
    ]),
    [
      ["share", ["s"], "<path:string> [more...:file]", "Shares files."],
      ["list", [], "[limit:integer]", "Lists."],
    ],
  );
  assertEquals(
    command.getCommands(true).map((each) => each.getName()),
    ["share", "list", "inner"],
  );
});

Deno.test("Command.getOptions() of an inner command has the global ones", () => {
  const [share] = sampleCommand().getCommands();
  assertEquals(
    share?.getOptions().map(({ name }) => name),
    ["index", "verbose", "quiet", "out"],
  );
});

Deno.test("Command.getExamples() gives the examples", () => {
  const command = sampleCommand();
  assertEquals(command.getExamples(), [{
    name: "Share a file",
    description: "sample share a.txt",
  }]);
  assertEquals(command.getArgsDefinition(), undefined);
});
