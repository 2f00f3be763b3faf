/**
 * The peer's command line: what may be typed, and what it means. The code of a
 * command is loaded when it runs, so that none waits for that of the others.
 *
 * @module
 */

import { Command } from "@cliffy/command";
import {
  NO_SOURCES,
  type OptionSources,
  withOrigin,
  withSources,
} from "../../cli/option_sources.ts";
import { type GlobalOptions, settingsOf } from "./global_options.ts";
import { inRange, oneOf, SHELLS } from "./option_values.ts";
import type { LocalSettings, Settings } from "./settings.ts";
import { readWanted } from "./wanted.ts";
import { PEERDEX_VERSION } from "../../protocol/version.ts";

/** Does what a command line asks for. */
export type Job = (settings: LocalSettings) => Promise<void>;

/** What a command line means: a job, and what it needs to know. */
export interface Invocation {
  readonly job: Job;
  readonly settings: Omit<LocalSettings, "signal">;
}

/**
 * Reads a command line.
 *
 * @param args The words after the program's name.
 * @param sources Where options come from that it leaves out; nowhere by default.
 * @returns What it means, or `undefined` where it asked for help or the version,
 * which has then been shown.
 * @throws {ValidationError} Where it was typed wrongly.
 */
export async function parseCommandLine(
  args: readonly string[],
  sources: OptionSources = NO_SOURCES,
): Promise<Invocation | undefined> {
  let invocation: Invocation | undefined;
  const chooseLocal = (options: GlobalOptions, job: Job) => {
    invocation = { job, settings: settingsOf(options) };
  };
  const choose = (
    options: GlobalOptions,
    job: (settings: Settings) => Promise<void>,
  ) =>
    chooseLocal(options, async (settings) => {
      const index = settings.index ??
        await (await import("./locate_index.ts")).locateIndex(settings);
      await job({ ...settings, index });
      const { rememberIndex } = await import("./remembered_index.ts");
      await rememberIndex(settings.dir, index);
    });

  const command = new Command()
    .name("peer")
    .version(PEERDEX_VERSION)
    .description(
      "Shares files with other peers and fetches theirs. Without a command it " +
        "asks for a user name and a port, and shows a menu.",
    )
    .globalOption(
      "--index <address:string>",
      "The index, HOST or HOST:PORT; without, it is looked for.",
    )
    .globalOption("--name <name:string>", "Your user name, up to 16 bytes.")
    .globalOption("--host <host:string>", "The address to serve files on.")
    .globalOption("--port <port:integer>", "The port to serve on, 0 for any.", {
      default: 0,
    })
    .globalOption("--dir <folder:string>", "The shared folder.", {
      default: "./Peer_Files",
    })
    .globalOption(
      "--limit-up <rate:string>",
      "Bytes a second to send in all, such as 20M.",
    )
    .globalOption(
      "--max-uploads <count:integer>",
      "Peers to send to at once; others wait in turn.",
      { default: 64 },
    )
    .globalOption(
      "--max-connections <count:integer>",
      "Connections of other peers at once.",
      { default: 256 },
    )
    .globalOption(
      "--config <file:string>",
      "A JSON file of options by name; variables PEERDEX_… come before it.",
    )
    .globalOption("--json", "Write one JSON object a line.")
    .globalOption("--quiet", "Write results and errors, nothing else.")
    .example("the menu", "peer --name alice --port 6000")
    .example("share a folder", "peer share photos --index 192.0.2.1")
    .example("fetch a file", "peer get photos/sea.jpg --index 192.0.2.1")
    .action((options) => {
      const asked = line.args.some((arg) => /^--port(=|$)/.test(arg));
      choose(options, async (settings) => {
        const { interact } = await import("./interact.ts");
        await interact(settings, { askPort: !asked });
      });
    })
    .throwErrors()
    .noExit();

  command.command("share <paths...:string>")
    .description("Registers files and folders and serves them until stopped.")
    .example("a folder and a file", "peer share photos song.mp3")
    .action((options, ...paths) =>
      choose(options, async (settings) => {
        const { share } = await import("./share.ts");
        await share(settings, paths);
      })
    );

  command.command("get [names...:string]")
    .description("Downloads files, each byte verified; resumes by itself.")
    .option("-o, --output <folder:string>", "Where to put the files.")
    .option(
      "--all-from <peer:string>",
      "Only what this user shares: all of it, or what the names match.",
    )
    .option(
      "--digest <digest:string>",
      "The digest that the one file must have, whatever its name means now.",
    )
    .option(
      "--if-exists <what:string>",
      "For another file of that name: fail, skip, overwrite or rename; " +
        "without, you are asked at a terminal, and else it fails.",
    )
    .option("--sources <count:integer>", "Sources to fetch from at once.", {
      default: 4,
    })
    .option("--limit-down <rate:string>", "Bytes a second, such as 20M.")
    .option("--share", "Go on as a source of the files until stopped.")
    .example("two files", "peer get song.mp3 photos/sea.jpg -o Downloads")
    .example("all of a folder", "peer get 'photos/**' --share")
    .example("all that somebody shares", "peer get --all-from alice")
    .action((options, ...names) => {
      const wanted = readWanted(options, names);
      choose(options, async (settings) => {
        const { get } = await import("./get.ts");
        await get(settings, wanted);
      });
    });

  command.command("list [filter...:string]")
    .description("Lists what is on line.")
    .example("all", "peer list")
    .example(
      "by words, by pattern, by peer",
      "peer list 'photos/**' peer:alice",
    )
    .action((options, ...filter) =>
      choose(options, async (settings) => {
        const { list } = await import("./list.ts");
        await list(settings, filter.join(" "));
      })
    );

  command.command("search <name:string>")
    .description("Shows a file's size, its digest and who has it.")
    .example("a file", "peer search photos/sea.jpg")
    .action((options, name) =>
      choose(options, async (settings) => {
        const { search } = await import("./search.ts");
        await search(settings, name);
      })
    );

  command.command("local")
    .description("Lists the files of the shared folder.")
    .example("another folder", "peer local --dir ~/shared")
    .action((options) =>
      chooseLocal(options, async (settings) => {
        const { local } = await import("./local.ts");
        await local(settings);
      })
    );

  command.command("web [paths...:string]")
    .description(
      "Opens a page in the browser of this machine: your files, what is on " +
        "line, downloads. It prints the page's address, which works once.",
    )
    .option("--page-port <port:integer>", "The port of the page, 0 for any.", {
      default: 0,
    })
    .example("the page, and a folder shared from the start", "peer web photos")
    .action((options, ...paths) => {
      const pagePort = inRange("--page-port", options.pagePort, [0, 65_535]);
      choose(options, async (settings) => {
        const { web } = await import("./web.ts");
        await web(settings, { paths, pagePort });
      });
    });

  command.command("forget <names...:string>")
    .description("De-registers files that you registered.")
    .example("a file", "peer forget song.mp3")
    .action((options, ...names) =>
      choose(options, async (settings) => {
        const { forget } = await import("./forget.ts");
        await forget(settings, names);
      })
    );

  command.command("doctor")
    .description("Says what works here, and what to do where it does not.")
    .example(
      "the index, the folder and a fixed port",
      "peer doctor --port 6000",
    )
    .action((options) =>
      chooseLocal(options, async (settings) => {
        const { doctor } = await import("./doctor/doctor.ts");
        await doctor(settings);
      })
    );

  command.command("key")
    .description(
      "Prints your public key, for whoever lists the members of an index.",
    )
    .example("to be added to the list", "peer key --name alice >> members")
    .action((options) =>
      chooseLocal(options, async (settings) => {
        const { key } = await import("./key.ts");
        await key(settings);
      })
    );

  command.command("completions <shell:string>")
    .description("Writes what makes a shell complete commands and names.")
    .example("bash, in ~/.bashrc", "source <(peer completions bash)")
    .example("zsh, in ~/.zshrc", "source <(peer completions zsh)")
    .example("fish, in config.fish", "peer completions fish | source")
    .action((options, text) => {
      const shell = oneOf("the shell", text, SHELLS);
      chooseLocal(options, async ({ output }) => {
        const { completionScript } = await import(
          "./completions/completion_script.ts"
        );
        const script = completionScript(shell, command);
        output.result(script, { event: "completions", shell, script });
      });
    });

  command.command("complete [words...:string]")
    .description("Writes the names on line that a word may be the start of.")
    .example("for shells", "peer complete -- get pho")
    .hidden()
    .action((options) => {
      const words = args.slice(args.indexOf("--") + 1);
      chooseLocal(options, async (settings) => {
        const { complete } = await import("./completions/complete.ts");
        await complete(settings, words, command);
      });
    });

  const line = withSources(args, command, sources);
  try {
    await command.parse([...line.args]);
  } catch (error) {
    throw withOrigin(error, line);
  }
  return invocation;
}
