/**
 * Runs the transcripts of a document: every terminal in a folder of its own, on
 * machines that share a local network and nothing else.
 *
 * @module
 */

import { Lans } from "../integration/network_namespaces.ts";
import { tempDir } from "../permission.ts";
import { Terminal } from "./terminal.ts";
import type { Transcript } from "./transcript.ts";

/** The documents whose transcripts are run. */
export const DOCUMENTS = ["README.md", "docs/tour.md"] as const;

/**
 * Types all that the transcripts say, in their order.
 *
 * @returns What stands in each of them now. It needs what network namespaces
 * need.
 */
export async function runTranscripts(
  transcripts: readonly Transcript[],
): Promise<string[]> {
  const hostOf = ({ terminal, host = terminal }: Transcript) => host;
  const hosts = [...new Set(transcripts.map(hostOf))];
  await using dir = await tempDir();
  await using lans = await Lans.make(Object.fromEntries(
    hosts.map((host, i) => {
      const ipv4 = `192.168.1.${i + 10}/24`;
      return [host, [{ lan: "lan", ipv4, isDefault: true }]];
    }),
  ));
  await using owned = new AsyncDisposableStack();
  const terminals = new Map<string, Terminal>();
  const contents: string[] = [];
  for (const transcript of transcripts) {
    const { terminal: name, commands, until, typed } = transcript;
    let terminal = terminals.get(name);
    if (!terminal) {
      terminal = await Terminal.open({
        folder: `${dir.path}/${name}`,
        shownAs: `/home/${name}/peerdex`,
        prefix: lans.inside(hostOf(transcript)),
      });
      owned.use(terminal);
      terminals.set(name, terminal);
    }
    const parts: string[] = [];
    for (const [i, command] of commands.entries()) {
      const isLast = i === commands.length - 1;
      const output = await terminal.run(
        command,
        isLast ? { until, typed } : {},
      );
      parts.push(`$ ${command}\n${output}`);
    }
    if (commands.length === 0) parts.push(await terminal.more(until ?? "$"));
    contents.push(parts.join(""));
  }
  return contents;
}
