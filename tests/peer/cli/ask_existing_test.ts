import { assertEquals } from "@std/assert";
import { ExistingFiles } from "../../../peer/cli/ask_existing.ts";
import { Output } from "../../../peer/cli/output.ts";
import { FileExistsError } from "../../../peer/errors.ts";

/** Asks with these answers. */
async function ask(...answers: string[]) {
  let told = "";
  let asked = 0;
  const page = {
    writeSync(bytes: Uint8Array): number {
      told += new TextDecoder().decode(bytes);
      return bytes.length;
    },
    isTerminal: () => false,
  };
  const existing = new ExistingFiles(new Output({ out: page, err: page }), {
    say: () => {},
    ask: () => {
      asked++;
      return Promise.resolve(answers.shift() ?? null);
    },
  });
  const { signal } = new AbortController();
  const decision = await existing.decide(new FileExistsError("/a b"), signal);
  return { decision, forAll: existing.forAll, told, asked };
}

Deno.test("ExistingFiles.decide() takes one letter for one, two for all", async () => {
  for (
    const [answer, decision, forAll] of [
      ["o", "overwrite", undefined],
      ["K", "rename", undefined],
      ["s", "skip", undefined],
      ["OO", "overwrite", "overwrite"],
      ["kk", "rename", "rename"],
      ["Ss", "skip", "skip"],
    ] as const
  ) {
    const asked = await ask(answer);
    assertEquals([asked.decision, asked.forAll], [decision, forAll]);
    assertEquals(asked.told, '"/a b" is there already, with other content\n');
  }
});

Deno.test("ExistingFiles.decide() asks again, and overwrites nothing by mistake", async () => {
  assertEquals((await ask("", "x", "ok", "overwrite", "s")).asked, 5);
  assertEquals((await ask("")).decision, undefined);
});

Deno.test("ExistingFiles.atTerminal() is nobody where it is to be quiet", () => {
  assertEquals(
    ExistingFiles.atTerminal(new Output({ quiet: true })),
    undefined,
  );
  assertEquals(ExistingFiles.atTerminal(new Output({ json: true })), undefined);
});
