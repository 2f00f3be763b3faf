/**
 * Whether the shared folder can be used, and how much fits into it.
 *
 * @module
 */

import { statfs } from "node:fs/promises";
import { join } from "@std/path";
import { isGranted, STATE_FOLDER } from "../../state_folder.ts";
import { formatBytes, formatCount } from "../display.ts";
import { SharedFolder } from "../../shared_folder.ts";
import type { Finding } from "./finding.ts";

/** What is written where free space cannot be asked for. */
const SAMPLE_BYTES = 1024 * 1024;

/** Less free space than this is worth a word. */
const LITTLE_BYTES = 1024 ** 3;

/** A clock that is off by more than this, in milliseconds, is worth a word. */
const DRIFT_MS = 120_000;

/** Checks the shared folder: reading, writing, space. */
export async function checkFolder(dir: string): Promise<Finding[]> {
  if (!isGranted("read", dir)) {
    return [{
      check: "folder",
      health: "wrong",
      text: `${dir} may not be read by this program`,
      advice: `run with --allow-read=${dir}`,
    }];
  }
  if (!await isThere(dir)) {
    return [{
      check: "folder",
      health: "note",
      text: `${dir} is not there yet`,
      advice: "share and get make it; --dir FOLDER names another",
    }];
  }
  const found: Finding[] = [];
  try {
    const folder = await SharedFolder.open(dir);
    const { files, skipped } = await folder.list();
    const left = skipped.length > 0 ? `, ${skipped.length} left out` : "";
    found.push({
      check: "folder",
      health: "ok",
      text: `${folder.path} can be read: ${
        formatCount(files.length, "file")
      }${left}`,
      facts: { path: folder.path, files: files.length },
    });
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const advice = "check who owns it, or name another with --dir FOLDER";
    return [{ check: "folder", health: "wrong", text, advice }];
  }
  found.push(...await checkWriting(dir));
  return found;
}

async function checkWriting(dir: string): Promise<Finding[]> {
  if (!isGranted("write", dir)) {
    return [{
      check: "writing",
      health: "wrong",
      text: `${dir} may not be written by this program; downloads and the ` +
        "peer's key have no place",
      advice: `run with --allow-write=${dir}`,
    }];
  }
  // A name that is never shared.
  const path = join(dir, `${STATE_FOLDER}-doctor-${crypto.randomUUID()}`);
  try {
    const before = Date.now();
    await Deno.writeFile(path, new Uint8Array(SAMPLE_BYTES), {
      createNew: true,
      mode: 0o600,
    });
    const { mtime } = await Deno.stat(path);
    const drift = mtime ? mtime.getTime() - before : 0;
    const found: Finding[] = [{
      check: "writing",
      health: "ok",
      text: `${dir} can be written`,
    }, await checkSpace(dir)];
    if (Math.abs(drift) > DRIFT_MS) {
      found.push({
        check: "disk-clock",
        health: "note",
        text: `the disk's clock differs from this host's by ${
          Math.round(drift / 1_000)
        } s`,
        advice: "set both, or files seem to change when they do not",
        facts: { driftMs: drift },
      });
    }
    return found;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return [{
      check: "writing",
      health: "wrong",
      text: `${dir} cannot be written: ${text}`,
      advice: "make room, check who owns it, or name another with --dir FOLDER",
    }];
  } finally {
    await Deno.remove(path).catch(() => {});
  }
}

async function checkSpace(dir: string): Promise<Finding> {
  const check = "disk";
  const { state } = Deno.permissions.querySync({
    name: "sys",
    // The runtime knows it; its types do not yet.
    kind: "statfs" as "systemMemoryInfo",
  });
  if (state !== "granted") {
    return {
      check,
      health: "ok",
      text: `at least ${formatBytes(SAMPLE_BYTES)} fits; run with ` +
        "--allow-sys=statfs to see how much more",
    };
  }
  const { bavail, bsize } = await statfs(dir);
  const free = bavail * bsize;
  const facts = { free };
  return free < LITTLE_BYTES
    ? {
      check,
      health: "note",
      text: `only ${formatBytes(free)} is free`,
      advice: "a download that does not fit stops, and goes on when there is " +
        "room",
      facts,
    }
    : { check, health: "ok", text: `${formatBytes(free)} is free`, facts };
}

async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    return !(error instanceof Deno.errors.NotFound);
  }
}
