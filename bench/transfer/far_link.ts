/**
 * One source at the end of a long link that loses packets.
 *
 * @module
 */

import { join } from "@std/path";
import type { BenchOptions } from "../transfer.ts";
import type { FetchReport } from "./actor.ts";
import { actorArgs, fetchArgs, writeRandom } from "./actors.ts";
import { LongLink } from "./long_link.ts";
import { isInstalled } from "./process.ts";
import { printFigure, printOutcomes, race } from "./table.ts";

/** In each direction, in milliseconds. */
const DELAY_MS = 25;

/** The part of the packets that is lost in each direction. */
const LOSS = 0.01;

const BYTES = 4 * 2 ** 20;

/** Measures a transfer over 50 ms and 1% loss beside curl. */
export async function farLink({ dir, rounds }: BenchOptions): Promise<void> {
  console.log(
    `\nA link of ${2 * DELAY_MS} ms and ${100 * LOSS}% loss, one source, ` +
      `${BYTES / 2 ** 20} MiB, median of ${rounds}`,
  );
  for (const program of ["nginx", "curl", "ip"]) {
    if (await isInstalled(program)) continue;
    return console.log(`  SKIPPED: ${program} is not installed`);
  }
  const from = join(dir, "far");
  const into = join(dir, "near");
  await Deno.mkdir(from);
  await Deno.mkdir(into);
  const file = join(from, "far.bin");
  await writeRandom(file, BYTES);
  await using owned = new AsyncDisposableStack();
  let link;
  try {
    link = owned.use(await LongLink.open({ delayMs: DELAY_MS, loss: LOSS }));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return console.log(
      `  SKIPPED: such a link cannot be made (${error.message})`,
    );
  }
  console.log(`  ${link.made}`);
  const { far, port } = link;
  const conf = join(dir, "far.conf");
  await Deno.writeTextFile(
    conf,
    `daemon off; pid ${dir}/far.pid; error_log stderr crit; user root;
events { worker_connections 64; }
http { access_log off; sendfile on; tcp_nopush on; client_body_temp_path ${dir};
server { listen ${far}:${port}; root ${from}; } }`,
  );
  owned.use(link.start("far", "nginx", ["-p", dir, "-c", conf]));
  const source = owned.use(
    link.start(
      "far",
      Deno.execPath(),
      actorArgs("serve", file, far, "far.bin", "0"),
    ),
  );
  const [ourPort, ...content] = (await source.line()).split(" ");
  const endpoint = `${far}:${ourPort}`;
  const out = join(into, "far.bin");
  const timed = async (program: string, args: readonly string[]) => {
    const start = performance.now();
    const output = await link.run(program, args);
    const seconds = (performance.now() - start) / 1_000;
    if ((await Deno.stat(out)).size !== BYTES) throw new Error("Not all came");
    await Deno.remove(out);
    return { output, seconds };
  };
  const url = `http://${far}:${port}/far.bin`;
  const outcomes = await race([
    {
      name: "curl from nginx",
      run: async () => (await timed("curl", ["-sSf", "-o", out, url])).seconds,
    },
    {
      name: "Peerdex, every piece verified",
      async run() {
        const { output } = await timed(
          Deno.execPath(),
          actorArgs(...fetchArgs(into, "far.bin", [{ content, endpoint }])),
        );
        return (JSON.parse(output) as FetchReport).seconds;
      },
    },
  ], rounds);
  printOutcomes(outcomes.values(), { bytes: BYTES });
  const [curl, ours] = [...outcomes.values()];
  printFigure("rate beside curl", {
    value: curl!.median / ours!.median,
    least: 0.9,
  });
}
