import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Child } from "../child.ts";
import { permitted } from "../permission.ts";

const NEEDS = { run: true, read: true, env: true, net: true };
const ALLOW = ["--allow-net"];

const LISTENING = /^Peerdex index listening on (\S+):(\d+) \(UDP\)$/m;

permitted(
  NEEDS,
  "index_server.ts says where it listens, answers, and stops on SIGTERM",
  async () => {
    await using child = run(["--port", "0", "--host", "127.0.0.1"]);
    const port = await portOf(child);
    assertStringIncludes(child.stdout, "listening on 127.0.0.1:");
    assertEquals(await bare("S", port), "E");
    child.kill("SIGTERM");
    const { code, stdout, stderr } = await child.end();
    assertEquals([code, stderr], [0, ""]);
    assertStringIncludes(stdout, "stopped by SIGTERM");
  },
);

permitted(
  NEEDS,
  "index_server.ts --json writes nothing but objects, and stops on SIGINT",
  async () => {
    await using child = run(["--port", "0", "--json", "--verbose"]);
    const { port, version } = await child.event<{
      port: number;
      version: string;
    }>("listening");
    assert(/^\d+\.\d+\.\d+/.test(version));
    assertEquals(await bare("S", port), "E");
    const came = await child.event("pdu", { direction: "in" });
    assertEquals(came.type, "S");
    const went = await child.event("pdu", { direction: "out" });
    assertEquals([went.type, went.error], ["E", "TOKEN"]);
    child.kill("SIGINT");
    const { code, stdout } = await child.end();
    assertEquals(code, 0);
    for (const line of stdout.trimEnd().split("\n")) JSON.parse(line);
  },
);

permitted(
  NEEDS,
  "index_server.ts --verbose writes a line for every PDU, quoted",
  async () => {
    await using child = run([
      "--port",
      "0",
      "--host",
      "127.0.0.1",
      "--verbose",
    ]);
    const port = await portOf(child);
    await bare("S", port, '\x1b[2J"x');
    await child.until(/^< \? 127\.0\.0\.1:\d+|^< S 127\.0\.0\.1:\d+/m);
    await child.until(/^> E 127\.0\.0\.1:\d+ TOKEN$/m);
    await bare("S", port, 'a "b" \u202ec');
    await child.until(/^> E 127\.0\.0\.1:\d+ TOKEN$/m);
    assert(!child.stdout.includes("\x1b") && !child.stdout.includes("\u202e"));
  },
);

permitted(
  NEEDS,
  "index_server.ts on a taken port fails with 1 and says what to do",
  async () => {
    await using first = run(["--port", "0", "--host", "127.0.0.1"]);
    const port = await portOf(first);
    await using second = run(["--port", `${port}`, "--host", "127.0.0.1"]);
    const { code, stdout, stderr } = await second.end();
    assertEquals([code, stdout], [1, ""]);
    assertEquals(
      stderr,
      `Cannot listen on 127.0.0.1:${port} (UDP): the port is in use; ` +
        "stop what uses it or choose another port\n",
    );
  },
);

permitted(
  NEEDS,
  "index_server.ts --json tells a failure as an object",
  async () => {
    await using child = run(["--json", "--host", "192.0.2.1"]);
    const { code, stdout, stderr } = await child.end();
    assertEquals([code, stderr], [1, ""]);
    const { event, message } = JSON.parse(stdout);
    assertEquals(event, "problem");
    assertStringIncludes(message, "no such address");
  },
);

permitted(
  NEEDS,
  "index_server.ts without network permission says how to run it",
  async () => {
    await using child = Child.start("index_server.ts", [], { allow: [] });
    const { code, stderr } = await child.end();
    assertEquals(code, 1);
    assertStringIncludes(stderr, "--allow-net");
    assert(!stderr.includes("    at "), "no stack trace");
  },
);

const WRONG = [
  ["--port", "70000"],
  ["--port", "x"],
  ["--nope"],
  ["--lease", "0"],
  ["--lease", "5000", "--max-lease", "100"],
  ["--selection", "best"],
  ["--max-registrations", "0"],
  ["--max-rate", "1.5"],
  ["extra"],
];

permitted(
  NEEDS,
  "index_server.ts refuses wrong usage with 2, and no stack trace",
  async () => {
    const ends = await Promise.all(WRONG.map(async (args) => {
      await using child = run(args);
      return { args, ...await child.end() };
    }));
    for (const { args, code, stdout, stderr } of ends) {
      assertEquals([code, stdout], [2, ""], `${args}`);
      assert(stderr.length > 0 && !stderr.includes("    at "), stderr);
      assertStringIncludes(stderr, "--help");
    }
  },
);

permitted(
  NEEDS,
  "index_server.ts --help and --version end with 0",
  async () => {
    await using help = run(["--help"]);
    const shown = await help.end();
    assertEquals(shown.code, 0);
    for (const option of ["--host", "--lease", "--max-rate", "--json"]) {
      assertStringIncludes(shown.stdout, option);
    }
    await using version = run(["--version"]);
    const { code, stdout } = await version.end();
    assertEquals(code, 0);
    assert(/\d+\.\d+\.\d+/.test(stdout));
  },
);

function run(args: string[]): Child {
  return Child.start("index_server.ts", args, { allow: ALLOW });
}

/** The port of an index, once it says that it listens. */
async function portOf(child: Child): Promise<number> {
  const line = await child.until(LISTENING);
  return Number(line.match(LISTENING)![2]);
}

/** Sends one PDU without a token and returns the letter that comes back. */
async function bare(
  letter: string,
  port: number,
  name = "a.txt",
): Promise<string> {
  using socket = disposable(Deno.listenDatagram({
    hostname: "127.0.0.1",
    port: 0,
    transport: "udp",
  }));
  const pdu = new Uint8Array(101);
  pdu[0] = letter.charCodeAt(0);
  pdu.set(new TextEncoder().encode(name), 47);
  const to = { hostname: "127.0.0.1", port, transport: "udp" } as const;
  await socket.conn.send(pdu, to);
  const [bytes] = await socket.conn.receive();
  return String.fromCharCode(bytes[0]!);
}

function disposable(conn: Deno.DatagramConn) {
  return { conn, [Symbol.dispose]: () => conn.close() };
}
