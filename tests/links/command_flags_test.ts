import { assertEquals } from "@std/assert";
import { Command } from "@cliffy/command";
import { readLine } from "./sample_command.ts";

const OWN = { port: 60000, color: true };

const ROOT_LINES: [line: string[], options: Record<string, unknown>][] = [
  [[], OWN],
  [["--port", "1"], { ...OWN, port: 1 }],
  [["--port=1"], { ...OWN, port: 1 }],
  [["-p", "1"], { ...OWN, port: 1 }],
  [["-p1"], { ...OWN, port: 1 }],
  [["-p=1"], { ...OWN, port: 1 }],
  [["--port", "-1"], { ...OWN, port: -1 }],
  [["--port", ""], OWN],
  [["--port="], OWN],
  [["-vp", "1"], { ...OWN, verbose: true, port: 1 }],
  [["--max-peers", "2.5"], { ...OWN, maxPeers: 2.5 }],
  [["--select", "least-used"], { ...OWN, select: "least-used" }],
  [["-t", "a", "--tag=b"], { ...OWN, tag: ["a", "b"] }],
  [["-ta"], { ...OWN, tag: ["-a"] }],
  [["--level"], { ...OWN, level: true }],
  [["--level", "3"], { ...OWN, level: 3 }],
  [["--level", "--verbose"], { ...OWN, level: true, verbose: true }],
  [["--strict", "0"], { ...OWN, strict: false }],
  [["--double", "4"], { ...OWN, double: 8 }],
  [["--no-color"], { ...OWN, color: false }],
  [["--secret"], { ...OWN, secret: true }],
  [["--index", "[::1]:1"], { ...OWN, index: "[::1]:1" }],
];

for (const [line, options] of ROOT_LINES) {
  Deno.test(`Command.parse() reads ${JSON.stringify(line)}`, async () => {
    const outcome = await readLine(...line);
    assertEquals({ ...outcome }, {
      command: "sample",
      options,
      args: [],
      literal: [],
    });
  });
}

Deno.test("Command.parse() gives a command its arguments", async () => {
  assertEquals(await readLine("share", "a", "b", "c"), {
    command: "share",
    options: {},
    args: ["a", "b", "c"],
    literal: [],
  });
  assertEquals((await readLine("list", "--key", "k", "7")).args, [7]);
  assertEquals((await readLine("list", "--key", "k")).args, []);
});

Deno.test("Command.parse() takes options before and after arguments", async () => {
  const { options, args } = await readLine("s", "-o", "d", "a", "-v", "b");
  assertEquals(options, { out: "d", verbose: true });
  assertEquals(args, ["a", "b"]);
});

Deno.test("Command.parse() takes global options before the command", async () => {
  const { command, options } = await readLine("--index", "h:1", "-v", "s", "a");
  assertEquals(command, "share");
  assertEquals(options, { index: "h:1", verbose: true });
});

Deno.test("Command.parse() keeps what follows -- apart", async () => {
  const { args, literal } = await readLine("share", "a", "--", "-v", "b");
  assertEquals(args, ["a"]);
  assertEquals(literal, ["-v", "b"]);
});

Deno.test("Command.parse() takes an unknown flag for a wanted argument", async () => {
  assertEquals((await readLine("share", "--other")).args, ["--other"]);
});

Deno.test("Command.parse() runs a hidden command", async () => {
  assertEquals((await readLine("inner")).command, "inner");
});

Deno.test("Command.parse() runs the default command if nothing is given", async () => {
  const seen: string[] = [];
  await new Command()
    .default("menu")
    .command("menu", "Menu.").action(() => void seen.push("menu"))
    .command("other", "Other.").action(() => void seen.push("other"))
    .reset().noExit().parse([]);
  assertEquals(seen, ["menu"]);
});

Deno.test("Command.parse() returns what it read", async () => {
  const { options, args, literal, cmd } = await new Command()
    .name("one")
    .option("--port <port:integer>", "Port.")
    .arguments("<name:string>")
    .parse(["--port", "1", "a", "--", "b"]);
  assertEquals({ ...options }, { port: 1 });
  assertEquals([...args], ["a"]);
  assertEquals(literal, ["b"]);
  assertEquals(cmd.getName(), "one");
});

Deno.test("Command.command() takes a command made elsewhere", async () => {
  const seen: unknown[] = [];
  const inner = new Command<{ deep?: number }>()
    .arguments("<name:string>")
    .action((options, name) => void seen.push(options, name));
  await new Command()
    .globalOption("--deep <n:integer>", "Deep.")
    .command("inner", inner)
    .reset().noExit().parse(["inner", "a", "--deep", "2"]);
  assertEquals(seen, [{ deep: 2 }, "a"]);
});

Deno.test("Command.type() adds a type", async () => {
  const { options } = await new Command()
    .type("list", ({ value }) => value.split(":"))
    .option("--path <path:list>", "Path.")
    .parse(["--path", "a:b"]);
  assertEquals(options.path, ["a", "b"]);
});
