import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Announcer, findIndexes } from "../../discovery/mod.ts";
import { isPermitted, permitted } from "../permission.ts";
import { canMakeNamespaces, Lans } from "./network_namespaces.ts";

const NET = ["--allow-net"];
const NET_AND_LIST = [...NET, "--allow-sys=networkInterfaces"];

// No interface is named in these: they stay on this machine.
const LOOPBACK = { interfaces: ["127.0.0.1"], loopback: true };

// Where there is something to be found, it is, however slow the machine is.
const PATIENT = { timeoutMs: 180_000, settleMs: 2_000 };

Deno.test({
  name: "findIndexes() finds what Announcer announces on loopback",
  // Elsewhere loopback may have no multicast.
  ignore: Deno.build.os !== "linux" || !isPermitted({ net: true }),
  async fn() {
    const find = async (instance: string, timeoutMs: number) => {
      const { found } = await findIndexes({ ...LOOPBACK, timeoutMs });
      return found.find((index) => index.instance === instance);
    };
    let instance;
    {
      await using announcer = await Announcer.start({
        ...LOOPBACK,
        port: 60000,
        txt: { test: "yes" },
      });
      instance = announcer.instance;
      const index = await find(instance, PATIENT.timeoutMs);
      assertEquals(index?.hostname, "127.0.0.1");
      assertEquals(index?.port, 60000);
      assertEquals(index?.txt, { v: "1", test: "yes" });
    }
    assertEquals(await find(instance, 500), undefined);
  },
});

permitted({ net: true }, "findIndexes() stops when it is told to", async () => {
  const signal = AbortSignal.abort(new Error("stopped"));
  await assertRejects(() => findIndexes({ signal }), Error, "stopped");
  const controller = new AbortController();
  const finding = findIndexes({ ...LOOPBACK, signal: controller.signal });
  controller.abort(new Error("stopped"));
  await assertRejects(() => finding, Error, "stopped");
});

const IPV6 = { families: ["IPv6"] };

/** What `find.ts` prints. */
interface Finding {
  readonly found: readonly { instance: string; hostnames: string[] }[];
  /** Where the index at the address found answers from. */
  readonly echoed?: string;
  readonly message: string;
}

/** A running `announce.ts`. */
class Index implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;

  private constructor(
    process: Deno.ChildProcess,
    readonly instance: string,
    readonly names: readonly string[],
  ) {
    this.#process = process;
  }

  static async start(
    lans: Lans,
    { allow, options = {} }: { allow: readonly string[]; options?: unknown },
  ): Promise<Index> {
    const process = lans.run("index", {
      program: "tests/discovery/announce.ts",
      args: [JSON.stringify(options)],
      allow,
    });
    let text = "";
    const stdout = process.stdout.pipeThrough(new TextDecoderStream());
    for await (const part of stdout) {
      text += part;
      if (text.includes("\n")) break;
    }
    const { instance, names } = JSON.parse(text);
    return new Index(process, instance, names);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.stdin.close();
    await this.#process.status;
  }
}

/** How often a host looks for addresses that come after the first. */
const LOOKS = 5;

/**
 * Looks for indexes on a host.
 *
 * @param options `addresses`: how many the first index found has there. It is
 * looked again where some come so late that a search has ended.
 */
async function find(
  lans: Lans,
  { host, allow, options = PATIENT, addresses = 0 }: {
    host: string;
    allow: readonly string[];
    options?: unknown;
    addresses?: number;
  },
): Promise<Finding> {
  for (let look = 1;; look++) {
    const process = lans.run(host, {
      program: "tests/discovery/find.ts",
      args: [JSON.stringify(options)],
      allow,
    });
    await process.stdin.close();
    const { stdout, code } = await process.output();
    assertEquals(code, 0);
    const finding: Finding = JSON.parse(new TextDecoder().decode(stdout));
    const [first] = finding.found;
    if ((first?.hostnames.length ?? 0) >= addresses || look === LOOKS) {
      return finding;
    }
  }
}

/** The first addresses that each of the hosts finds. */
async function findEach(
  lans: Lans,
  { hosts, allow }: { hosts: readonly string[]; allow: readonly string[] },
): Promise<Finding[]> {
  // Over IPv4 and IPv6.
  const options = { allow, addresses: 2 };
  return await Promise.all(
    hosts.map((host) => find(lans, { host, ...options })),
  );
}

const ignore = !canMakeNamespaces();

Deno.test({
  name: "an index is found in other network namespaces (root and iproute2)",
  ignore,
  async fn(t) {
    await using lans = await Lans.make({
      index: [
        { lan: "x", ipv4: "192.0.2.1/24", isDefault: true },
        { lan: "y", ipv4: "198.51.100.1/24" },
      ],
      near: [{ lan: "x", ipv4: "192.0.2.2/24", isDefault: true }],
      far: [{ lan: "y", ipv4: "198.51.100.2/24" }],
      apart: [{ lan: "z", ipv4: "203.0.113.2/24" }],
    });
    const hosts = ["index", "near", "far"];

    await t.step("on each interface, where these are listed", async () => {
      await using index = await Index.start(lans, { allow: NET_AND_LIST });
      assertEquals(index.names.length, 4);
      const findings = await findEach(lans, { hosts, allow: NET_AND_LIST });
      for (const { found, echoed } of findings) {
        assertEquals(found.map(({ instance }) => instance), [index.instance]);
        assertEquals(echoed, found[0]!.hostnames[0]);
      }
      const [, near, far] = findings.map(({ found }) => found[0]!.hostnames);
      assertEquals([near![0], near!.length], ["192.0.2.1", 2]);
      assertMatch(near![1]!, LINK_LOCAL);
      assertEquals(far![0], "198.51.100.1");
    });

    await t.step("with --allow-net alone", async () => {
      await using index = await Index.start(lans, { allow: NET });
      const [own, near] = await findEach(lans, {
        hosts: ["index", "near"],
        allow: NET,
      });
      // Which interface leads there, it does not know.
      const options = { ...PATIENT, asksEcho: false };
      const far = await find(lans, { host: "far", allow: NET, options });
      for (const { found } of [own!, near!, far]) {
        assertEquals(found.map(({ instance }) => instance), [index.instance]);
      }
      assertEquals([own!.echoed, near!.echoed], ["192.0.2.1", "192.0.2.1"]);
      // Over IPv4 it is announced on the interface that the system chooses, so
      // that this is all that the other hears of it.
      assertMatch(far.found[0]!.hostnames[0]!, LINK_LOCAL);
    });

    await t.step("where it listens, and in the families asked", async () => {
      const options = { hostname: "198.51.100.1" };
      await using _ = await Index.start(lans, { allow: NET_AND_LIST, options });
      const far = await find(lans, { host: "far", allow: NET_AND_LIST });
      assertEquals(far.found[0]!.hostnames, ["198.51.100.1"]);
      for (const [host, where] of [["near", {}], ["far", IPV6]] as const) {
        const { found } = await find(lans, {
          host,
          allow: NET_AND_LIST,
          options: { ...where, timeoutMs: 500 },
        });
        assertEquals(found, []);
      }
    });

    await t.step("and nowhere else: what was tried is told", async () => {
      await using _ = await Index.start(lans, { allow: NET_AND_LIST });
      const { found, message } = await find(lans, {
        host: "apart",
        allow: NET_AND_LIST,
        options: { timeoutMs: 500 },
      });
      assertEquals(found, []);
      assertMatch(
        message,
        /224\.0\.0\.251:5353, asked from 203\.0\.113\.2 \(eth0\)/,
      );
      assertMatch(message, /\[ff02::fb\]:5353, asked from fe80::\S+ \(eth0\)/);
      assertMatch(message, /type --index HOST:PORT/);
    });
  },
});

Deno.test({
  name: "an index is found over a cable without IPv4 (root and iproute2)",
  ignore,
  async fn() {
    await using lans = await Lans.make({
      index: [{ lan: "cable" }],
      peer: [{ lan: "cable" }],
    });
    await using index = await Index.start(lans, { allow: NET });
    const { found, echoed } = await find(lans, { host: "peer", allow: NET });
    assertEquals(found.map(({ instance }) => instance), [index.instance]);
    assertMatch(found[0]!.hostnames[0]!, LINK_LOCAL);
    assertMatch(echoed!, /^fe80::/);
  },
});

const LINK_LOCAL = /^fe80::[\da-f:]+%\d+$/;
