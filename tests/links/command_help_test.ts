import { assert, assertEquals, assertFalse } from "@std/assert";
import { Command } from "@cliffy/command";
import { stripVTControlCharacters } from "node:util";
import { sampleCommand } from "./sample_command.ts";

Deno.test("Command.getHelp() starts with usage and version", () => {
  const lines = helpLines(sampleCommand());
  assertEquals(lines.slice(0, 3), ["", "Usage: sample", "Version: 1.2.3"]);
});

Deno.test("Command.getHelp() tells what a command is and takes", () => {
  const lines = helpLines(sampleCommand());
  for (
    const line of [
      "Description:",
      "A sample.",
      "With a second line.",
      "Options:",
      "-h, --help - Show this help.",
      "-V, --version - Show the version number for this program.",
      "-i, --index <address> - Where the index is.",
      "-p, --port <port> - Port. (Default: 60000)",
      "--quiet - Say less. (Conflicts: --verbose)",
      '--select <how> - Order. (Values: "newest", "least-used")',
      "--level [level] - Level.",
      "--no-color - Plain.",
      "Commands:",
      "share, s <path> [more...] - Shares files.",
      "list [limit] - Lists.",
      "Examples:",
      "Share a file sample share a.txt",
    ]
  ) assert(lines.includes(line), `"${line}" is not in the help`);
});

Deno.test("Command.getHelp() leaves out what is hidden", () => {
  const text = helpLines(sampleCommand()).join("\n");
  assertFalse(text.includes("--secret"));
  assertFalse(text.includes("inner"));
});

Deno.test("Command.getHelp() shows required options in the usage", () => {
  const command = new Command().name("one")
    .option("-k, --key <key:string>", "Key.", { required: true });
  const lines = helpLines(command);
  assertEquals(lines[1], "Usage: one --key <key>");
  assert(lines.includes("-k, --key <key> - Key. (required)"));
});

Deno.test("Command.getHelp() shows the usage that was set", () => {
  const command = new Command().name("one").usage("[FILE]");
  assertEquals(helpLines(command)[1], "Usage: one [FILE]");
});

Deno.test("Command.getHelp() wraps long descriptions", () => {
  const description = "word ".repeat(40).trim();
  const command = new Command().name("one").option("--long", description);
  const lines = helpLines(command, { width: 60 });
  assert(lines.every((line) => line.length <= 60));
  assertEquals(lines.join(" ").match(/\bword\b/g)?.length, 40);
});

/** The lines of the help, each run of spaces as one. */
function helpLines(
  command: { getHelp(options?: { width?: number }): string },
  { width = 120 } = {},
): string[] {
  return stripVTControlCharacters(command.getHelp({ width })).split("\n")
    .map((line) => line.trim().replaceAll(/ +/g, " "));
}
