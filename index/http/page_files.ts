/**
 * The files of the status page. They are part of the program: nothing is read
 * from disk while it runs, and nothing comes from another host.
 *
 * @module
 */

import app from "./page/app.js" with { type: "text" };
import chart from "./page/chart.js" with { type: "text" };
import contentDialog from "./page/content_dialog.js" with { type: "text" };
import format from "./page/format.js" with { type: "text" };
import icon from "./page/icon.svg" with { type: "text" };
import index from "./page/index.html" with { type: "text" };
import pagedTable from "./page/paged_table.js" with { type: "text" };
import style from "./page/style.css" with { type: "text" };

/** A file that a browser asks for. */
export interface PageFile {
  /** Its media type. */
  readonly type: string;
  readonly text: string;
}

/** The files by their paths. */
export const PAGE_FILES: Readonly<Record<string, PageFile>> = {
  "/": { type: "text/html; charset=utf-8", text: index },
  "/page/app.js": script(app),
  "/page/chart.js": script(chart),
  "/page/content_dialog.js": script(contentDialog),
  "/page/format.js": script(format),
  "/page/icon.svg": { type: "image/svg+xml", text: icon },
  "/page/paged_table.js": script(pagedTable),
  "/page/style.css": { type: "text/css; charset=utf-8", text: style },
};

function script(text: string): PageFile {
  return { type: "text/javascript; charset=utf-8", text };
}
