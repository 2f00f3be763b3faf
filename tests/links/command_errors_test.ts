import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { Command, ValidationError } from "@cliffy/command";
import { readLine } from "./sample_command.ts";

const WRONG_LINES: [line: string[], message: string][] = [
  [["--prot", "1"], 'Unknown option "--prot". Did you mean option "--port"?'],
  [["-x"], 'Unknown option "-x". Did you mean option "-h"?'],
  [["--port"], 'Missing value for option "--port".'],
  [
    ["--port", "1.5"],
    'Option "--port" must be of type "integer", but got "1.5".',
  ],
  [
    ["--max-peers", "x"],
    'Option "--max-peers" must be of type "number", but got "x".',
  ],
  [
    ["--strict", "yes"],
    'Option "--strict" must be of type "boolean", but got "yes". Expected values: "true", "false", "1", "0"',
  ],
  [
    ["--select", "oldest"],
    'Option "--select" must be of type "how", but got "oldest". Expected values: "newest", "least-used"',
  ],
  [
    ["--port", "1", "-p", "2"],
    'Option "-p" can only occur once, but was found several times.',
  ],
  [["--secret=1"], 'Option "--secret" doesn\'t take a value, but got "1".'],
  [
    ["--quiet", "--verbose"],
    'Option "--quiet" conflicts with option "--verbose".',
  ],
  [
    ["--help", "--verbose"],
    'Option "--help" cannot be combined with other options.',
  ],
  [["shar"], 'Unknown command "shar". Did you mean command "share"?'],
  [["-p", "1", "share"], "Too many arguments: share"],
  [["share"], "Missing argument(s): path"],
  [["list"], 'Missing required option "--key".'],
  [
    ["list", "--key", "k", "x"],
    'Argument "limit" must be of type "integer", but got "x".',
  ],
  [["list", "--key", "k", "1", "2"], "Too many arguments: 2"],
  [["inner", "a"], 'No arguments allowed for command "sample inner".'],
];

for (const [line, message] of WRONG_LINES) {
  Deno.test(`Command.parse() refuses ${JSON.stringify(line)}`, async () => {
    const error = await assertRejects(() => readLine(...line), ValidationError);
    assertEquals(error.message, message);
    assertEquals(error.exitCode, 2);
  });
}

Deno.test("Command.parse() names the command that was called wrongly", async () => {
  const error = await assertRejects(() => readLine("list"), ValidationError);
  assertEquals(error.cmd?.getName(), "list");
});

Deno.test("Command.parse() passes on what an action throws", async () => {
  const thrown = new RangeError("out of it");
  const command = new Command().action(() => Promise.reject(thrown));
  const error = await assertRejects(() => command.parse([]), RangeError);
  assertStrictEquals(error, thrown);
});

Deno.test("Command.parse() throws a ValidationError of an action as it is", async () => {
  const thrown = new ValidationError("not that one", { exitCode: 3 });
  const command = new Command()
    .throwErrors()
    .action(() => Promise.reject(thrown));
  const error = await assertRejects(() => command.parse([]), ValidationError);
  assertStrictEquals(error, thrown);
  assertEquals(error.exitCode, 3);
});

Deno.test("Command.parse() throws a ValidationError of a type as it is", async () => {
  const command = new Command()
    .throwErrors()
    .type("even", ({ label, name, value }) => {
      if (Number(value) % 2 === 0) return Number(value);
      throw new ValidationError(`${label} ${name}: ${value} is odd`);
    })
    .option("--count <count:even>", "Count.");
  const error = await assertRejects(
    () => command.parse(["--count", "3"]),
    ValidationError,
  );
  assertEquals(error.message, "Option --count: 3 is odd");
});
