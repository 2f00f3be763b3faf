/**
 * The files of the status page.
 *
 * @module
 */

import { fileResponse, PageFiles } from "../../web/page_files.ts";
import app from "./page/app.js" with { type: "text" };
import chart from "./page/chart.js" with { type: "text" };
import contentDialog from "./page/content_dialog.js" with { type: "text" };
import index from "./page/index.html" with { type: "text" };
import pagedTable from "./page/paged_table.js" with { type: "text" };
import style from "./page/page.css" with { type: "text" };
import units from "./page/units.js" with { type: "text" };

/** What the page consists of besides {@linkcode mainPage}. */
export const PAGE_FILES: PageFiles = new PageFiles({
  "app.js": app,
  "chart.js": chart,
  "content_dialog.js": contentDialog,
  "page.css": style,
  "paged_table.js": pagedTable,
  "units.js": units,
});

/** The page itself. */
export function mainPage(): Response {
  return fileResponse("index.html", index);
}
