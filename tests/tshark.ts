/**
 * Runs `tshark`, Wireshark without a window, with the dissector of this
 * project. Debian's package is `tshark`.
 *
 * @module
 */

import { join } from "@std/path";
import { ROOT } from "./child.ts";
import type { Pcap } from "./pcap.ts";
import { isPermitted, type Needs, tempDir } from "./permission.ts";

/** What a test with `tshark` needs. */
export const TSHARK: Needs = { read: true, run: true, write: true };

/** One field that the dissector made, in the order of the tree. */
export interface DissectedField {
  /** The name to filter by, such as `peerdex.search.name`. */
  readonly name: string;
  /** Its value, as filters take it. */
  readonly show: string;
  /** Its line in the tree. */
  readonly line: string;
  /** Its bytes as hexadecimal text. */
  readonly value: string;
  /** Where it starts in its packet. */
  readonly at: number;
  /** How many bytes it covers. */
  readonly bytes: number;
}

/** One packet: its fields, those of the layers below included. */
export interface DissectedPacket {
  readonly fields: readonly DissectedField[];
}

/**
 * Registers a test that is ignored, and says so in its name, where `tshark` is
 * not installed or not permitted.
 *
 * @param needs What the test needs besides `tshark`.
 */
export function withTshark(
  name: string,
  fn: () => Promise<void>,
  needs: Needs = {},
): void {
  const reason = whyNot({ ...TSHARK, ...needs });
  Deno.test({
    name: reason ? `${name} (ignored: ${reason})` : name,
    ignore: reason !== undefined,
    fn,
  });
}

/** Dissects a capture: its packets, field by field. */
export async function dissect(
  pcap: Pcap,
  args: readonly string[] = [],
): Promise<DissectedPacket[]> {
  // Two passes, as the window makes them: a request then knows its reply.
  const xml = await tshark(["-2", "-T", "pdml", ...args], pcap);
  const fault = xml.match(/name="_ws\.lua\.error" showname="([^"]*)"/);
  if (fault) throw new Error(`The dissector fails: ${fault[1]}`);
  return [...xml.matchAll(/<packet>(.*?)<\/packet>/gs)].map(([, packet]) => ({
    fields: fieldsOf(packet!),
  }));
}

/** The fields of a packet that have a name, in the order of the tree. */
export function fieldsNamed(
  packet: DissectedPacket,
  name: string,
): DissectedField[] {
  return packet.fields.filter((field) => field.name === name);
}

/** Runs `tshark` over a capture, or over none. Returns what it printed. */
export async function tshark(
  args: readonly string[],
  pcap?: Pcap,
): Promise<string> {
  await using dir = await tempDir();
  const script = ["-X", `lua_script:${join(ROOT, "docs/peerdex.lua")}`];
  const file = join(dir.path, "capture.pcap");
  if (pcap) await Deno.writeFile(file, pcap.bytes());
  const { success, stdout, stderr } = await new Deno.Command("tshark", {
    args: [...args, ...script, ...pcap ? ["-r", file] : []],
    // Whatever the user has installed or set must not matter.
    env: { WIRESHARK_CONFIG_DIR: dir.path, LC_ALL: "C.UTF-8", TZ: "UTC" },
  }).output();
  const complaint = new TextDecoder().decode(stderr);
  if (!success || complaint.includes("Lua")) {
    throw new Error(`Cannot run tshark ${args.join(" ")}: ${complaint}`);
  }
  return new TextDecoder().decode(stdout);
}

function whyNot(needs: Needs): string | undefined {
  if (!isPermitted(needs)) return "no permission to run programs";
  try {
    const { success } = new Deno.Command("tshark", { args: ["--version"] })
      .outputSync();
    return success ? undefined : "tshark does not run";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "tshark is not installed";
    throw error;
  }
}

function fieldsOf(xml: string): DissectedField[] {
  return [...xml.matchAll(/<(?:field|proto) ([^>]*)>/g)].map(([, tag]) => {
    const attributes = new Map(
      [...tag!.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) =>
        [key!, unescapeXml(value!)] as const
      ),
    );
    const text = (key: string) => attributes.get(key) ?? "";
    return {
      name: text("name"),
      show: text("show"),
      line: text("showname"),
      value: text("value"),
      at: Number(text("pos")),
      bytes: Number(text("size")),
    };
  });
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&apos;": "'",
  "&amp;": "&",
};

function unescapeXml(text: string): string {
  return text.replace(/&\w+;/g, (entity) => ENTITIES[entity] ?? entity);
}
