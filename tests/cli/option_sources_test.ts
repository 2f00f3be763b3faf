import { assertEquals, assertThrows } from "@std/assert";
import { Command, ValidationError } from "@cliffy/command";
import type { DescribedCommand } from "../../cli/described_command.ts";
import {
  type OptionSources,
  systemSources,
  variableOf,
  withOrigin,
  withSources,
} from "../../cli/option_sources.ts";

function command(): DescribedCommand {
  return new Command().name("tool")
    .globalOption("--name <name:string>", "A name.")
    .globalOption("--loud", "Loud.")
    .globalOption("--config <file:string>", "A file.")
    .action(() => {})
    .command("get <what...:string>")
    .option("-o, --output <folder:string>", "A folder.")
    .option("--limit-down <rate:integer>", "A rate.", { default: 4 })
    .reset()
    .command("list [what:string]")
    .reset() as unknown as DescribedCommand;
}

function sources(
  variables: Record<string, string> = {},
  files: Record<string, string> = {},
): OptionSources {
  return {
    prefix: "TOOL_",
    readVariable: (name) => variables[name],
    readFile: (path) => files[path] ?? "no JSON",
  };
}

Deno.test("withSources() adds what variables say, after the command's name", () => {
  const { args, origins } = withSources(
    ["get", "a", "list"],
    command(),
    sources({ TOOL_NAME: "-x y", TOOL_LIMIT_DOWN: "7", TOOL_OTHER: "z" }),
  );
  assertEquals(args, ["get", "--name=-x y", "--limit-down=7", "a", "list"]);
  assertEquals(origins.get("limit-down"), "the variable TOOL_LIMIT_DOWN");
});

Deno.test("withSources() leaves what the command line says as it is", () => {
  const set = sources({ TOOL_NAME: "v", TOOL_OUTPUT: "v", TOOL_LOUD: "true" });
  for (
    const [line, added] of [
      [["--name", "get", "get", "-o", "x"], ["--loud"]],
      [["get", "--name=n", "--output=x"], ["--loud"]],
      [["get", "--loud", "--name", "list", "-o=x"], []],
      [["list", "--loud"], ["--name=v"]],
      [["list", "--", "--loud"], ["--name=v", "--loud"]],
      [["--help"], []],
      [["get", "--version"], []],
    ] as const
  ) {
    const { args } = withSources(line, command(), set);
    assertEquals(args.length, line.length + added.length, line.join(" "));
    for (const word of added) assertEquals(args.includes(word), true, word);
  }
});

Deno.test("withSources() takes a variable before the file", () => {
  const file = JSON.stringify({ name: "file", "limit-down": 9, loud: true });
  const { args } = withSources(
    ["get", "a", "--config", "f.json"],
    command(),
    sources({ TOOL_NAME: "variable", TOOL_LOUD: "no" }, { "f.json": file }),
  );
  assertEquals(args, [
    "get",
    "--name=variable",
    "--limit-down=9",
    ...["a", "--config", "f.json"],
  ]);
  const other = withSources(
    ["list"],
    command(),
    sources({ TOOL_CONFIG: "f.json" }, { "f.json": file }),
  );
  // What another command's options are to be does not matter here.
  assertEquals(other.args, ["list", "--name=file", "--loud"]);
});

Deno.test("withSources() refuses a file that means nothing", () => {
  for (
    const [text, message] of [
      ["", "as JSON"],
      ["[]", "expected one JSON object"],
      ["null", "expected one JSON object"],
      ['{"nam":1}', 'Cannot use "nam" in "f": there is no option --nam'],
      ['{"config":"g"}', "there is no option --config"],
      ['{"name":true}', "expected a text or a number"],
      ['{"name":""}', "expected a text or a number"],
      ['{"name":{}}', "expected a text or a number"],
      ['{"loud":"yes"}', "expected true or false"],
    ] as const
  ) {
    assertThrows(
      () =>
        withSources(
          ["list", "--config=f"],
          command(),
          sources({}, { f: text }),
        ),
      ValidationError,
      message,
    );
  }
  assertThrows(
    () => withSources(["list"], command(), sources({ TOOL_LOUD: "maybe" })),
    ValidationError,
    "expected true or false (--loud comes from the variable TOOL_LOUD)",
  );
});

Deno.test("withSources() refuses an option with nothing as its value", () => {
  for (
    const line of [
      ["get", "a", "--name", ""],
      ["get", "a", "--name="],
      ["get", "a", "-o", ""],
      ["--config=", "list"],
    ]
  ) {
    assertThrows(
      () => withSources(line, command(), sources()),
      ValidationError,
      'Cannot use "" for --',
    );
  }
  // Arguments may be empty, and so may variables: those count as not set.
  const set = sources({ TOOL_NAME: "" });
  assertEquals(withSources(["list", ""], command(), set).args, ["list", ""]);
});

Deno.test("withOrigin() says where a wrong option came from", () => {
  const origins = new Map([["port", "the variable X_PORT"]]);
  const line = { args: [], origins };
  const about = (text: string) =>
    (withOrigin(new ValidationError(text), line) as Error).message;
  assertEquals(
    about('Option "--port" must be a number.'),
    'Option "--port" must be a number (--port comes from the variable X_PORT)',
  );
  assertEquals(about("--port-range is wrong"), "--port-range is wrong");
  const other = new Error("--port");
  assertEquals(withOrigin(other, line), other);
});

Deno.test("systemSources() reads what it may, and asks nobody", () => {
  const system = systemSources("PEERDEX_");
  assertEquals(variableOf("limit-up", system), "PEERDEX_LIMIT_UP");
  assertEquals(system.readVariable("PEERDEX_NO_SUCH_VARIABLE"), undefined);
  assertThrows(
    () => system.readFile("/no/such/file.json"),
    ValidationError,
    "Cannot read the configuration",
  );
});
