/**
 * The files of a page. They are part of the program: nothing is read from disk
 * while it runs, and nothing comes from another host.
 *
 * @module
 */

import elements from "./page/elements.js" with { type: "text" };
import format from "./page/format.js" with { type: "text" };
import icon from "./page/icon.svg" with { type: "text" };
import look from "./page/look.css" with { type: "text" };

const TYPES: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

/**
 * What every page uses: its look, its icon and what its scripts share. They are
 * at the path that they have in the project, so that scripts find them by one
 * relative path here and in a browser, where nothing is above the root.
 */
const SHARED: Readonly<Record<string, string>> = {
  "/web/page/elements.js": elements,
  "/web/page/format.js": format,
  "/web/page/icon.svg": icon,
  "/web/page/look.css": look,
};

/** An answer that is a file; its name says of which type. */
export function fileResponse(
  name: string,
  text: string,
  init: ResponseInit = {},
): Response {
  const headers = new Headers(init.headers);
  headers.set("content-type", TYPES[name.slice(name.lastIndexOf(".") + 1)]!);
  return new Response(text, { ...init, headers });
}

/** The files of one page by their paths, with those that every page uses. */
export class PageFiles {
  readonly #files: ReadonlyMap<string, string>;

  /** @param own The page's own files by their names. */
  constructor(own: Readonly<Record<string, string>>) {
    this.#files = new Map([
      ...Object.entries(SHARED),
      ...Object.entries(own).map(
        ([name, text]) => [`/page/${name}`, text] as const,
      ),
    ]);
  }

  /** Every path. */
  get paths(): readonly string[] {
    return [...this.#files.keys()];
  }

  /** The answer for a path, where there is a file. */
  answer(path: string): Response | undefined {
    const text = this.#files.get(path);
    return text === undefined ? undefined : fileResponse(path, text);
  }
}
