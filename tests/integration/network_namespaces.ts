/**
 * Hosts and local networks inside this machine, made of Linux network
 * namespaces by `ip` of iproute2, which takes root.
 *
 * @module
 */

import { ROOT } from "../child.ts";
import { isPermitted } from "../permission.ts";

/** How a host is joined to a network. */
export interface Joint {
  /** The network's name. */
  readonly lan: string;
  /** Its IPv4 address with the prefix; none by default. */
  readonly ipv4?: string;
  /** Whether all else goes there too. */
  readonly isDefault?: boolean;
}

/** A host: its interfaces are `eth0`, `eth1` … in the order of its joints. */
export type Host = readonly Joint[];

/** Whether namespaces can be made here. */
export function canMakeNamespaces(): boolean {
  if (Deno.build.os !== "linux" || !isPermitted({ run: true })) return false;
  try {
    const name = newPrefix();
    const add = (...what: string[]) =>
      ipSync("-n", name, "link", "add", "name", ...what);
    const made = ipSync("netns", "add", name) &&
      add("veth0", "type", "veth", "peer", "name", "veth1") &&
      add("bridge", "type", "bridge");
    ipSync("netns", "delete", name);
    return made;
  } catch {
    return false;
  }
}

/** Hosts joined by networks, gone with all that runs there when disposed. */
export class Lans implements AsyncDisposable {
  readonly #namespaces = new Set<string>();
  readonly #prefix = newPrefix();

  private constructor() {}

  /** Makes hosts and every network that they name. */
  static async make(hosts: Readonly<Record<string, Host>>): Promise<Lans> {
    const lans = new Lans();
    try {
      const names = Object.values(hosts).flat().map(({ lan }) => lan);
      for (const lan of new Set(names)) await lans.#addLan(lan);
      for (const [name, joints] of Object.entries(hosts)) {
        await lans.#addHost(name, joints);
      }
      return lans;
    } catch (error) {
      await lans[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The words before a command that make it run on a host. */
  inside(host: string): string[] {
    return ["ip", "netns", "exec", this.#name(host)];
  }

  /** Starts a program of the tests on a host. */
  run(
    host: string,
    { program, args, allow }: {
      program: string;
      args: readonly string[];
      allow: readonly string[];
    },
  ): Deno.ChildProcess {
    const deno = [
      Deno.execPath(),
      "run",
      "--no-prompt",
      "--cached-only",
      ...allow,
    ];
    const [ip = "", ...inside] = this.inside(host);
    return new Deno.Command(ip, {
      args: [...inside, ...deno, `${ROOT}${program}`, ...args],
      cwd: ROOT,
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of this.#namespaces) {
      await ip("netns", "delete", name);
      this.#namespaces.delete(name);
    }
  }

  async #addLan(lan: string): Promise<void> {
    const name = await this.#add(lan);
    await ip("-n", name, "link", "add", "bridge", "type", "bridge");
    // Without a look at who listens: a bridge that is new forwards nothing yet.
    await ip(
      ...["-n", name, "link", "set", "bridge", "type", "bridge"],
      ...["mcast_snooping", "0"],
    );
    await ip("-n", name, "link", "set", "bridge", "up");
  }

  async #addHost(host: string, joints: Host): Promise<void> {
    const name = await this.#add(host);
    await ip("-n", name, "link", "set", "lo", "up");
    for (const [i, { lan, ipv4, isDefault }] of joints.entries()) {
      const [own, port] = [`eth${i}`, `${host}${i}`];
      const bridge = this.#name(lan);
      await ip(
        ...["-n", name, "link", "add", own, "type", "veth"],
        ...["peer", "name", port, "netns", bridge],
      );
      await ip("-n", bridge, "link", "set", port, "master", "bridge", "up");
      // An address is in use at once, without a look for another who has it.
      await ip(
        ...["netns", "exec", name, "sysctl", "-qw"],
        `net.ipv6.conf.${own}.accept_dad=0`,
      );
      await ip("-n", name, "link", "set", own, "up");
      if (ipv4) await ip("-n", name, "address", "add", ipv4, "dev", own);
      if (isDefault) {
        await ip("-n", name, "route", "add", "default", "dev", own);
      }
    }
  }

  async #add(name: string): Promise<string> {
    const full = this.#name(name);
    await ip("netns", "add", full);
    this.#namespaces.add(full);
    return full;
  }

  #name(name: string): string {
    return `${this.#prefix}${name}`;
  }
}

/**
 * What the names of some namespaces start with. It is not the number of this
 * process: one that was killed has left its own behind, and numbers come again.
 */
function newPrefix(): string {
  return `pdx-${crypto.randomUUID()}-`;
}

async function ip(...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("ip", {
    args,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (success) return;
  const reason = new TextDecoder().decode(stderr).trim();
  throw new Error(`Cannot run ip ${args.join(" ")}: ${reason}`);
}

function ipSync(...args: string[]): boolean {
  return new Deno.Command("ip", { args, stdin: "null", stderr: "null" })
    .outputSync().success;
}
