/**
 * What `peer get` tells of the files that it fetched.
 *
 * @module
 */

import type { ContentName } from "../../protocol/name.ts";
import type { Contribution } from "../download_options.ts";
import type { SourceReport } from "../errors.ts";
import type { Fetched } from "../fetch.ts";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatRate,
} from "./display.ts";
import type { Output } from "./output.ts";

/** Tells where a file is now, and how it came there. `alone`: it was fetched by itself. */
export function tellFetched(
  output: Output,
  fetched: Fetched,
  { alone }: { alone: boolean },
): void {
  const { name, path, metadata, bytesFetched, bytesKept, elapsedMs } = fetched;
  const { size } = metadata;
  const from = fetched.from.map(({ peer, bytes }) =>
    fetched.from.length > 1 ? `${peer} ${formatBytes(bytes)}` : peer
  );
  output.result(
    `${path}  ${howOf(fetched, alone)}${
      from.length > 0 ? `, from ${from.join(", ")}` : ""
    }`,
    {
      event: "done",
      name,
      path,
      size,
      digest: metadata.digest.toHex(),
      outcome: fetched.outcome,
      fetched: bytesFetched,
      kept: bytesKept,
      elapsedMs: Math.round(elapsedMs),
      from: fetched.from.map(({ peer, endpoint, bytes }) => ({
        peer,
        source: endpoint,
        bytes,
      })),
    },
  );
}

/** Tells of a source that was given up, and for which file where that is known. */
export function tellDropped(
  output: Output,
  { peer, endpoint, text }: SourceReport,
  name?: ContentName,
): void {
  output.note(`${peer} at ${endpoint} ${text}`);
  output.event({
    event: "source-dropped",
    ...{ name, peer, source: endpoint, reason: text },
  });
}

/** Tells what came of many files. */
export function tellTotal(
  output: Output,
  { files, of, bytes, fetched, elapsedMs, from }: {
    files: number;
    of: number;
    bytes: number;
    fetched: number;
    elapsedMs: number;
    /** Who gave how much. */
    from: ReadonlyMap<string, Contribution>;
  },
): void {
  const givers = [...from.values()].sort((a, b) => b.bytes - a.bytes);
  const ms = Math.round(elapsedMs);
  output.event({
    event: "total",
    ...{ files, of, bytes, fetched, elapsedMs: ms },
    from: givers.map(({ peer, endpoint, bytes }) => ({
      peer,
      source: endpoint,
      bytes,
    })),
  });
  const rate = formatRate(fetched / Math.max(elapsedMs, 1) * 1_000);
  output.note(
    `${files === of ? "" : `${files} of `}${formatCount(of, "file")}, ` +
      `${formatBytes(bytes)} in ${formatDuration(elapsedMs)} (${rate})` +
      givers.map(({ peer, bytes }, i) =>
        `${i === 0 ? ", from " : ", "}${peer} ${formatBytes(bytes)}`
      ).join(""),
  );
}

/** How a file came to be where it is, for people. */
function howOf(
  { outcome, metadata, bytesFetched, bytesKept, elapsedMs }: Fetched,
  alone: boolean,
): string {
  if (outcome === "present") return "was there already";
  if (outcome === "skipped") return "is another file, which was left";
  if (!alone) return formatBytes(metadata.size);
  const rate = formatRate(bytesFetched / Math.max(elapsedMs, 1) * 1_000);
  const kept = bytesKept > 0 ? `, ${formatBytes(bytesKept)} kept` : "";
  return `${formatBytes(metadata.size)} in ${formatDuration(elapsedMs)} ` +
    `(${rate}${kept})`;
}
