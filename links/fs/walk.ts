import { basename, fromFileUrl, join, normalize } from "jsr:@std/path@^1.1.6";

/** A file, folder or link that {@linkcode walk} met. */
export interface WalkEntry extends Deno.DirEntry {
  /** Its path, the given root included. */
  path: string;
}

/** What {@linkcode walk} goes through and what it yields. */
export interface WalkOptions {
  /** How many levels to go down; 0 is the root alone. */
  maxDepth?: number;
  /** Yield files; true by default. */
  includeFiles?: boolean;
  /** Yield folders, the root among them; true by default. */
  includeDirs?: boolean;
  /** Yield links that are not followed; true by default. */
  includeSymlinks?: boolean;
  /** Go through links to folders and yield the files that links lead to. */
  followSymlinks?: boolean;
  /** Give followed links the path that they lead to; true by default. */
  canonicalize?: boolean;
  /** Yield only names that end in one of these, with or without the dot. */
  exts?: string[];
  /** Yield only paths that match one of these. */
  match?: RegExp[];
  /** Neither yield nor enter paths that match one of these. */
  skip?: RegExp[];
}

/** Walks the tree under `root`, each folder before what is in it. */
export async function* walk(
  root: string | URL,
  options: WalkOptions = {},
): AsyncIterableIterator<WalkEntry> {
  const {
    maxDepth = Infinity,
    includeFiles = true,
    includeDirs = true,
    includeSymlinks = true,
    followSymlinks = false,
    canonicalize = true,
    skip = [],
  } = options;
  if (maxDepth < 0) return;
  const top = root instanceof URL ? fromFileUrl(root) : root;
  if (includeDirs && wanted(top, options)) yield await rootEntry(top);
  if (maxDepth < 1 || skip.some((pattern) => top.match(pattern))) return;

  for await (const entry of Deno.readDir(top)) {
    let path = join(top, entry.name);
    let { isSymlink, isDirectory } = entry;
    if (isSymlink && followSymlinks) {
      const target = await Deno.realPath(path);
      if (canonicalize) path = target;
      ({ isSymlink, isDirectory } = await Deno.lstat(target));
    } else if (isSymlink) {
      if (includeSymlinks && wanted(path, options)) yield { path, ...entry };
      continue;
    }
    if (isSymlink || isDirectory) {
      yield* walk(path, { ...options, maxDepth: maxDepth - 1 });
    } else if (includeFiles && wanted(path, options)) {
      yield { path, ...entry };
    }
  }
}

function wanted(path: string, { exts, match, skip }: WalkOptions): boolean {
  if (
    exts && !exts.some((ext) => path.endsWith(`.${ext.replace(/^\./, "")}`))
  ) {
    return false;
  }
  if (match && !match.some((pattern) => path.match(pattern))) return false;
  return !skip?.some((pattern) => path.match(pattern));
}

async function rootEntry(root: string): Promise<WalkEntry> {
  const path = normalize(root);
  const { isFile, isDirectory, isSymlink } = await Deno.stat(path);
  return { path, name: basename(path), isFile, isDirectory, isSymlink };
}
