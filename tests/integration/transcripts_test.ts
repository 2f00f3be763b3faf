import { assert, assertEquals } from "@std/assert";
import { ROOT } from "../child.ts";
import { isPermitted } from "../permission.ts";
import { DOCUMENTS, runTranscripts } from "../transcripts/session.ts";
import {
  replaceTranscripts,
  steady,
  transcriptsIn,
} from "../transcripts/transcript.ts";
import { canMakeNamespaces } from "./network_namespaces.ts";
import { PROCESSES } from "./site.ts";

const able = isPermitted(PROCESSES) && canMakeNamespaces();

for (const document of DOCUMENTS) {
  Deno.test({
    name: `${document} shows what its commands print` +
      (able ? "" : " (no network namespaces here)"),
    ignore: !able,
    async fn() {
      const transcripts = transcriptsIn(
        await Deno.readTextFile(`${ROOT}${document}`),
      );
      assert(transcripts.length > 2, "there are none");
      const contents = await runTranscripts(transcripts);
      assertEquals(
        contents.map(steady),
        transcripts.map(({ content }) => steady(content)),
        "deno task transcripts writes what is true today",
      );
    },
  });
}

const MARKDOWN = `
<!-- transcript {"terminal":"a","until":"ready"} -->

\`\`\`console
$ cat <<'END'
$ no command
END
$ serve
ready on port 41327
\`\`\`

Text.

<!-- transcript {"terminal":"b"} -->
\`\`\`console
$ get
\`\`\`
`;

Deno.test("transcriptsIn() finds what is typed", () => {
  const [first, second, ...more] = transcriptsIn(MARKDOWN);
  assertEquals(first!.commands, ["cat <<'END'\n$ no command\nEND", "serve"]);
  assertEquals([first!.terminal, first!.until], ["a", "ready"]);
  assertEquals(second!.commands, ["get"]);
  assertEquals(more, []);
});

Deno.test("replaceTranscripts() changes what it is told to alone", () => {
  const [first, second] = transcriptsIn(MARKDOWN);
  const changed = replaceTranscripts(MARKDOWN, [
    { old: first!, content: "$ serve\nready on port 5\n" },
    { old: second!, content: "$ get\ngot\n" },
  ]);
  assertEquals(
    transcriptsIn(changed).map(({ content }) => content),
    ["$ serve\nready on port 5\n", "$ get\ngot\n"],
  );
  assert(changed.includes("\nText.\n"));
});

Deno.test("steady() leaves out what varies, and nothing else", () => {
  assertEquals(
    steady("as peer-4251f35e on port 35961; 64.0 MiB in 0.7 s (90.4 MiB/s)"),
    steady("as peer-0123abcd on port 1234; 64.0 MiB in 1:02 (9 KiB/s)"),
  );
  // Digits that happen to be all decimal, or all letters.
  assertEquals(
    steady("find it as Peerdex 01234567\nfrom peer-12345678"),
    steady("find it as Peerdex abcdefab\nfrom peer-fedcbafe"),
  );
  assertEquals(steady("k 000000075bead30cd7b"), "k ID");
  assertEquals(steady("18 B in 12 ms (1.5 KiB/s), from"), "18 B, from");
  assertEquals(steady("at 192.168.1.10:60000"), "at 192.168.1.10:60000");
  assertEquals(steady("127.0.0.1:41327"), "127.0.0.1:PORT");
  const [hello, refused, granted] = ["< H a:1\n", "> E TOKEN\n", "> A\n"];
  assertEquals(
    steady([hello, refused, hello, refused, hello, granted].join("")),
    [hello, refused, hello, granted].join(""),
  );
  assertEquals(
    steady("shares defaced.bin, 1 file"),
    "shares defaced.bin, 1 file",
  );
});
