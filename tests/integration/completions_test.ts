/**
 * Completion in shells: the scripts are sourced and the Tab key is pressed, as
 * far as a shell lets a program do so.
 */

import { assertEquals } from "@std/assert";
import { ROOT } from "../child.ts";
import { isPermitted, permitted } from "../permission.ts";
import { outputOf } from "../packaging/tool.ts";
import { PROCESSES, Site } from "./site.ts";

type Shell = "bash" | "zsh" | "fish";

/** A folder with a `peer` command, the scripts, and an index with names. */
class Desk implements AsyncDisposable {
  readonly #site: Site;
  /** Where the command and the scripts are. */
  readonly bin: string;

  private constructor(site: Site, bin: string) {
    this.#site = site;
    this.bin = bin;
  }

  static async make(): Promise<Desk> {
    const site = await Site.start();
    for (const name of ["render final.bin", "render2.bin", "song.mp3"]) {
      await site.put("alice", name, name);
    }
    const alice = await site.peer(
      "alice",
      ...["share", await site.dir("alice"), "--json"],
    );
    await alice.event("serving");
    const bin = await site.dir("bin");
    const deno = `exec "${Deno.execPath()}" run --no-prompt --allow-net`;
    await Deno.writeTextFile(
      `${bin}/peer`,
      `#!/bin/sh\n${deno} '${ROOT}peer.ts' "$@"\n`,
      { mode: 0o755 },
    );
    for (const shell of ["bash", "zsh", "fish"]) {
      const written = await outputOf(`${bin}/peer`, ["completions", shell]);
      assertEquals(written?.code, 0, written?.text);
      await Deno.writeTextFile(`${bin}/script.${shell}`, written!.text);
    }
    return new Desk(site, bin);
  }

  /** The option that names its index. */
  get index(): string {
    return `--index=127.0.0.1:${this.#site.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#site[Symbol.asyncDispose]();
  }
}

/** Runs a script in a shell, with its arguments. */
async function run(
  shell: Shell,
  desk: Desk,
  { script, args }: { script: string; args: readonly string[] },
): Promise<string[]> {
  const quiet = { bash: ["--norc"], zsh: ["-f"], fish: ["--no-config"] }[shell];
  const words = shell === "fish" ? args : [shell, ...args];
  const { stdout, stderr, code } = await new Deno.Command(shell, {
    args: [...quiet, "-c", script, ...words],
    cwd: desk.bin,
    env: { PATH: `${desk.bin}:${Deno.env.get("PATH")}`, TERM: "dumb" },
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  assertEquals(code, 0, text.decode(stderr));
  return text.decode(stdout).split("\n").filter((line) => line !== "");
}

/** How often Tab is pressed at most. */
const PRESSES = 10;

/**
 * Presses Tab where the index is asked, which has a second to answer: again, as
 * long as it shows nothing.
 */
async function untilShown<T>(
  press: () => Promise<T>,
  nothing: T,
): Promise<T> {
  for (let n = 1;; n++) {
    const shown = await press();
    if (`${shown}` !== `${nothing}` || n === PRESSES) return shown;
  }
}

async function isThere(shell: Shell): Promise<boolean> {
  return await outputOf(shell, ["--version"]) !== undefined;
}

const ignore = !isPermitted(PROCESSES) || Deno.build.os === "windows";

Deno.test({
  name: "bash completes commands, options, files and names on line",
  ignore: ignore || !await isThere("bash"),
  async fn() {
    await using desk = await Desk.make();
    const complete = (...words: string[]) =>
      run("bash", desk, {
        script: `source script.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
          _peer; printf '%s\\n' "\${COMPREPLY[@]}"`,
        args: ["peer", ...words],
      });
    assertEquals(await complete("do"), ["doctor"]);
    assertEquals(await complete("--name", "get", "sh"), ["share"]);
    assertEquals(await complete("get", "--limit-d"), ["--limit-down"]);
    assertEquals(await complete("get", "--if-exists", "o"), ["overwrite"]);
    assertEquals(await complete("get", "--if-exists", "=", "re"), ["rename"]);
    assertEquals(await complete("completions", "z"), ["zsh"]);
    assertEquals(await complete("share", "script.f"), ["script.fish"]);
    assertEquals(await complete("list", "x"), []);
    const [name, address] = desk.index.split("=");
    const names = ["render final.bin", "render2.bin"];
    const online = (...words: string[]) =>
      untilShown(async () => (await complete(...words)).sort(), []);
    assertEquals(await online("get", desk.index, "rend"), names);
    assertEquals(await online("get", name!, "=", address!, "rend"), names);
    assertEquals(
      await online(name!, address!, "search", "render\\ f"),
      ["render final.bin"],
    );
    assertEquals(await complete("get", "--index=127.0.0.1:1", "rend"), []);
  },
});

Deno.test({
  name: "zsh completes commands, options and names on line",
  ignore: ignore || !await isThere("zsh"),
  async fn() {
    await using desk = await Desk.make();
    // A second zsh is typed to; after Tab, ^X makes it show its line.
    const script = `zmodload zsh/zpty
      zpty -b z zsh -f -i
      zpty -w z 'PROMPT= RPROMPT=; autoload -Uz compinit; compinit -u -D
        source ./script.zsh; unsetopt zle_bracketed_paste
        show() { print -r -- "<$BUFFER>"; BUFFER=; zle .send-break }
        zle -N show; bindkey "^X" show; bindkey "^I" complete-word
        print -r -- "rea""dy"'
      zpty -r -m z text '*ready*' || exit 1
      zpty -w -n z "$1"$'\\t'$'\\x18'
      zpty -r -m z text '*<*>*' || exit 1
      text=\${text##*<} ; print -r -- "\${text%%>*}"; zpty -d z`;
    const complete = async (line: string) =>
      (await run("zsh", desk, { script, args: [line] }))[0]?.trimEnd();
    assertEquals(await complete("peer doc"), "peer doctor");
    assertEquals(
      await complete("peer get --limit-d"),
      "peer get --limit-down=",
    );
    const online = (line: string) => untilShown(() => complete(line), line);
    assertEquals(
      await online(`peer get ${desk.index} so`),
      `peer get ${desk.index} song.mp3`,
    );
    assertEquals(
      await online(`peer search ${desk.index} render\\ f`),
      `peer search ${desk.index} render\\ final.bin`,
    );
    assertEquals(await complete("peer completions f"), "peer completions fish");
  },
});

Deno.test({
  name: "fish completes commands, options and names on line",
  ignore: ignore || !await isThere("fish"),
  async fn() {
    await using desk = await Desk.make();
    const complete = async (line: string) => {
      const lines = await run("fish", desk, {
        script: "source ./script.fish; complete -C $argv[1]",
        args: [line],
      });
      return lines.map((each) => each.split("\t")[0]).sort();
    };
    assertEquals(await complete("peer doc"), ["doctor"]);
    assertEquals(await complete("peer get --limit-d"), ["--limit-down"]);
    assertEquals(await complete("peer get --if-exists sk"), ["skip"]);
    assertEquals(await complete("peer share script.b"), ["script.bash"]);
    assertEquals(
      await untilShown(() => complete(`peer get ${desk.index} rend`), []),
      ["render final.bin", "render2.bin"],
    );
  },
});

permitted(
  PROCESSES,
  "peer complete is quiet and quick where there is no index",
  async () => {
    await using site = await Site.start();
    await using child = await site.peer("alice", "complete", "--", "get", "a");
    const { code, stdout, stderr } = await child.end();
    assertEquals([code, stdout, stderr], [0, "", ""]);
  },
);
