/**
 * Two hosts inside this machine and a long link between them, which takes root
 * on Linux.
 *
 * @module
 */

import { Background, run } from "./process.ts";

/** The hosts and their addresses. */
const HOSTS = [["near", "10.93.0.1"], ["far", "10.93.0.2"]] as const;

const LINK = new URL("./link.ts", import.meta.url).href;

/** What the link does to packets. */
export interface LongLinkOptions {
  /** In each direction, in milliseconds. */
  readonly delayMs: number;
  /** The part of the packets that is lost in each direction. */
  readonly loss: number;
}

/** A link between the hosts "near" and "far". */
export class LongLink implements AsyncDisposable {
  /** The address of the far host. */
  readonly far = HOSTS[1][1];
  /** A port that nobody uses there. */
  readonly port = 8_080;
  /** How the link is made. */
  readonly made: string;
  readonly #owned: AsyncDisposableStack;

  private constructor(made: string, owned: AsyncDisposableStack) {
    this.made = made;
    this.#owned = owned;
  }

  /**
   * Makes the hosts and the link: by `tc netem` where this kernel has it, else
   * by a program between two TUN devices.
   *
   * @throws {Error} Where neither is allowed.
   */
  static async open(options: LongLinkOptions): Promise<LongLink> {
    await using made = new AsyncDisposableStack();
    for (const host of ["near", "far"]) {
      await ip("netns", "add", hostName(host));
      made.defer(() => ip("netns", "delete", hostName(host)));
    }
    const how = await joinByNetem(options).then(
      () => "made by tc netem",
      async () => {
        made.use(await joinByTun(options));
        return "made by a program between two TUN devices: this kernel has no netem";
      },
    );
    for (const [host, address] of HOSTS) {
      const name = hostName(host);
      await ip("-n", name, "link", "set", "lo", "up");
      await ip("-n", name, "address", "add", address, "dev", "pdxlink");
      await ip("-n", name, "link", "set", "pdxlink", "up");
      // What most systems use, so that the loss counts.
      await ip(
        ...["-n", name, "route", "add", "10.93.0.0/24", "dev", "pdxlink"],
        ...["src", address, "congctl", "cubic"],
      );
    }
    return new LongLink(how, made.move());
  }

  /** Starts a program on a host that goes on. */
  start(
    host: "near" | "far",
    program: string,
    args: readonly string[],
  ): Background {
    return new Background("ip", [
      ...["netns", "exec", hostName(host), program],
      ...args,
    ]);
  }

  /** Runs a program on the near host to its end. Returns what it printed. */
  async run(program: string, args: readonly string[]): Promise<string> {
    const { output } = await run("ip", [
      ...["netns", "exec", hostName("near"), program],
      ...args,
    ]);
    return output;
  }

  /** Takes everything away. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned.disposeAsync();
  }
}

async function joinByNetem({ delayMs, loss }: LongLinkOptions): Promise<void> {
  const [near, far] = [hostName("near"), hostName("far")];
  await ip(
    ...["-n", near, "link", "add", "pdxlink", "type", "veth"],
    ...["peer", "name", "pdxlink", "netns", far],
  );
  for (const host of [near, far]) {
    try {
      await run("tc", [
        ...["-n", host, "qdisc", "add", "dev", "pdxlink", "root", "netem"],
        ...["delay", `${delayMs}ms`, "loss", `${100 * loss}%`],
      ]);
    } catch (error) {
      await ip("-n", near, "link", "delete", "pdxlink");
      throw error;
    }
  }
}

async function joinByTun(
  { delayMs, loss }: LongLinkOptions,
): Promise<AsyncDisposable> {
  const devices = [`pdx${Deno.pid}a`, `pdx${Deno.pid}b`];
  const link = new Background(Deno.execPath(), [
    ...["run", "-A", "--no-check", LINK],
    ...[...devices, String(delayMs), String(loss), "1"],
  ]);
  try {
    await link.line();
    for (const [i, host] of ["near", "far"].entries()) {
      await ip("link", "set", devices[i]!, "netns", hostName(host));
      await ip(
        ...["-n", hostName(host), "link", "set", devices[i]!],
        ...["name", "pdxlink"],
      );
    }
    return link;
  } catch (error) {
    await link[Symbol.asyncDispose]();
    throw error;
  }
}

function hostName(host: string): string {
  return `pdx${Deno.pid}${host}`;
}

async function ip(...args: string[]): Promise<void> {
  await run("ip", args);
}
