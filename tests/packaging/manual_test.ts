import { assert, assertEquals, assertRejects } from "@std/assert";
import { Command, ValidationError } from "@cliffy/command";
import { join } from "@std/path";
import { stripVTControlCharacters } from "node:util";
import { EXIT_CODE as INDEX_EXIT_CODE } from "../../index/cli/run.ts";
import { writeManuals } from "../../packaging/man.ts";
import {
  commandOf,
  type DescribedCommand,
  manual,
} from "../../packaging/manual.ts";
import {
  INDEX,
  PEER,
  type Program,
  PROGRAMS,
} from "../../packaging/programs.ts";
import { EXIT_CODE as PEER_EXIT_CODE } from "../../peer/cli/exit_code.ts";
import { permitted, tempDir } from "../permission.ts";
import { outputOf } from "./tool.ts";

const SAMPLE: Program = {
  name: "sample-tool",
  entry: "sample.ts",
  summary: "show what a page looks like",
  parse: () => Promise.resolve(),
  exitCodes: { 0: "Done." },
  variables: { SAMPLE: "A variable." },
};

Deno.test("manual() writes every part of a page", () => {
  const command = new Command().name("sample").version("1.2.3")
    .description("Shows, with sample, a page's parts.\n\n.Twice \\ over.")
    .globalOption("-p, --port <port:integer>", "A port.", { default: 7 })
    .option("--key <key:string>", "A key.", { required: true })
    .option("--bare", "Bare.", { conflicts: ["key"], depends: ["port"] })
    .example("a line", "sample --port 1 'a b'")
    .command("run <name:string> [more...:string]", "Runs it.")
    .option("--fast", "Faster.")
    .example("quickly", "sample run x --fast")
    .reset();
  assertEquals(
    manual(SAMPLE, command, ["other"]),
    String.raw`.TH "SAMPLE\-TOOL" "1" "" "Peerdex 1.2.3" "Peerdex Manual"
.SH NAME
sample\-tool \- show what a page looks like
.SH SYNOPSIS
\fBsample\-tool\fR [\fIoption\fR]...
.br
\fBsample\-tool run\fR [\fIoption\fR]... \fIname\fR [\fImore\fR...]
.SH DESCRIPTION
Shows, with sample\-tool, a page\(aqs parts.
.PP
\&.Twice \(rs over.
.SH OPTIONS
.TP
\fB\-h\fR, \fB\-\-help\fR
Show this help.
.TP
\fB\-V\fR, \fB\-\-version\fR
Show the version number for this program.
.TP
\fB\-p\fR, \fB\-\-port\fR \fIport\fR
A port. (Default: 7)
.TP
\fB\-\-key\fR \fIkey\fR
A key. (Required)
.TP
\fB\-\-bare\fR
Bare. (Needs \-\-port; Not with \-\-key)
.SH COMMANDS
.SS "\fBrun\fR \fIname\fR [\fImore\fR...]"
Runs it.
.TP
\fB\-\-fast\fR
Faster.
.PP
Quickly:
.PP
.RS 4
.nf
\fBsample\-tool run x \-\-fast\fR
.fi
.RE
.SH EXAMPLES
A line:
.PP
.RS 4
.nf
\fBsample\-tool \-\-port 1 \(aqa b\(aq\fR
.fi
.RE
.SH ENVIRONMENT
.TP
\fBSAMPLE\fR
A variable.
.SH EXIT STATUS
.TP
\fB0\fR
Done.
.SH SEE ALSO
\fBother\fR(1)
`,
  );
});

for (const program of PROGRAMS) {
  Deno.test(`manual() of ${program.name} has all of --help`, async () => {
    const command = await commandOf(program);
    const page = manual(program, command).replaceAll("\\-", "-");
    for (const each of [command, ...command.getCommands()]) {
      const help = helpOf(each);
      const options = help.match(/^ {2}-.*$/gm) ?? [];
      assert(options.length > 1, help);
      for (const line of options) {
        const flags = line.match(/(?<=[ ,])--?[A-Za-z][\w-]*(?=[ ,])/g) ?? [];
        assert(flags.length > 0, line);
        for (const flag of flags) {
          assert(page.includes(`\\fB${flag}\\fR`), `${flag} of ${line}`);
        }
      }
      const examples = each.getExamples();
      assert(examples.length > 0, `${each.getName()} has no example`);
      for (const { description } of examples) {
        const words = description.replaceAll("'", "\\(aq").split(" ").slice(1);
        assert(
          page.includes(words.join(" ").replaceAll("~", "\\(ti")),
          description,
        );
      }
    }
    for (const sub of command.getCommands()) {
      assert(page.includes(`.SS "\\fB${sub.getName()}\\fR`), sub.getName());
    }
  });
}

Deno.test("manual() tells every exit code", () => {
  for (
    const [{ exitCodes }, codes] of [
      [PEER, PEER_EXIT_CODE],
      [INDEX, INDEX_EXIT_CODE],
    ] as const
  ) {
    assertEquals(
      Object.keys(exitCodes).map(Number),
      Object.values<number>(codes).sort((a, b) => a - b),
    );
  }
});

Deno.test("commandOf() needs a program that refuses wrong options", async () => {
  await assertRejects(() => commandOf(SAMPLE), Error, "sample-tool");
  const parse = () => Promise.reject(new ValidationError("no command in it"));
  await assertRejects(
    () => commandOf({ ...SAMPLE, parse }),
    ValidationError,
    "no command in it",
  );
});

permitted(
  { read: true, write: true, run: true },
  "writeManuals() writes pages that mandoc understands",
  async () => {
    await using dir = await tempDir();
    const pages = await writeManuals(PROGRAMS, dir.path);
    assertEquals(pages, ["peerdex-index.1", "peer.1"]);
    for (const page of pages) {
      const path = join(dir.path, page);
      const output = await outputOf("mandoc", ["-T", "lint", path]);
      // A page has no date, so that the same source makes the same page.
      const faults = output?.text.split("\n").filter((line) =>
        /WARNING|ERROR|UNSUPP/.test(line) && !line.includes("missing date")
      );
      assertEquals(faults ?? [], []);
    }
  },
);

function helpOf(command: DescribedCommand): string {
  return stripVTControlCharacters(command.getHelp({ long: true, width: 999 }));
}
