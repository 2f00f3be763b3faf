import { Command, EnumType, ValidationError } from "@cliffy/command";

Deno.test("Command infers the types of options and arguments", async () => {
  await new Command()
    .throwErrors()
    .globalType("how", new EnumType(["newest", "least-used"]))
    .type("port", ({ value }): number => Number(value))
    .globalOption("-i, --index <address:string>", "Index.")
    .globalOption("--json", "Json.", { default: false })
    .option("-p, --port <port:integer>", "Port.", { default: 60000 })
    .option("--max-peers <count:number>", "Peers.", { default: 1 })
    .option("--http <port:port>", "Http.")
    .option("--select <how:how>", "Order.", { default: "newest" })
    .option("--tag <tag>", "Tag.", { collect: true })
    .option("--level [level:number]", "Level.")
    .option("--text <n:integer>", "Text.", { value: (n) => `${n}` })
    .option("--no-color", "Plain.")
    .option("--size", "Size.")
    .option("--no-size", "No size.")
    .arguments("<name:string> [limit:integer] [rest...:file]")
    .action((options, name, limit, ...rest) => {
      is<Equal<typeof options.index, string | undefined>>();
      is<Equal<typeof options.json, boolean>>();
      is<Equal<typeof options.port, number>>();
      is<Equal<typeof options.maxPeers, number>>();
      is<Equal<typeof options.http, number | undefined>>();
      is<Equal<typeof options.select, "newest" | "least-used">>();
      is<Equal<typeof options.tag, string[] | undefined>>();
      is<Equal<typeof options.level, number | true | undefined>>();
      is<Equal<typeof options.text, string | undefined>>();
      is<Equal<typeof options.color, boolean>>();
      is<Equal<typeof options.size, boolean | undefined>>();
      is<Equal<typeof name, string>>();
      is<Equal<typeof limit, number | undefined>>();
      is<Equal<typeof rest, string[]>>();
    })
    .parse(["name"]);
});

Deno.test("Command gives the commands under it its global options", async () => {
  interface Globals extends Record<string, unknown> {
    index?: string;
    json: boolean;
  }
  await new Command()
    .throwErrors()
    .globalOption("-i, --index <address:string>", "Index.")
    .globalOption("--json", "Json.", { default: false })
    .option("--own", "Own.")
    .command("get <name:string> [rest...:string]", "Gets.")
    .option("--out <folder:file>", "Where to.", { required: true })
    .action((options, name, ...rest) => {
      is<Equal<typeof options.index, string | undefined>>();
      is<Equal<typeof options.json, boolean>>();
      is<Equal<typeof options.out, string>>();
      is<Equal<typeof name, string>>();
      is<Equal<typeof rest, string[]>>();
      // @ts-expect-error: it belongs to the command above alone
      options.own satisfies unknown;
    })
    .command("share <paths...:string>", "Shares.")
    .action((_, ...paths) => {
      is<Equal<typeof paths, [string, ...string[]]>>();
    })
    .reset()
    .parse(["get", "name", "--out", "folder"]);
});

Deno.test("ValidationError has the code to exit with", () => {
  const { exitCode, cmd } = new ValidationError("wrong");
  is<Equal<typeof exitCode, number>>();
  is<Equal<typeof cmd, Command | undefined>>();
});

type Equal<Left, Right> = (<T>() => T extends Left ? 1 : 2) extends
  (<T>() => T extends Right ? 1 : 2) ? true : false;

/** Does not compile unless its type argument is `true`. */
function is<_ extends true>(): void {}
