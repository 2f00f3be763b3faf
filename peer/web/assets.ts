/**
 * The files of the page, part of the program: a peer may read nothing but its
 * folder.
 *
 * @module
 */

import { fileResponse, PageFiles } from "../../web/page_files.ts";
import api from "./page/api.js" with { type: "text" };
import app from "./page/app.js" with { type: "text" };
import downloads from "./page/downloads.js" with { type: "text" };
import drop from "./page/drop.js" with { type: "text" };
import enterScript from "./page/enter.js" with { type: "text" };
import events from "./page/events.js" with { type: "text" };
import files from "./page/files.js" with { type: "text" };
import notice from "./page/notice.js" with { type: "text" };
import online from "./page/online.js" with { type: "text" };
import question from "./page/question.js" with { type: "text" };
import uploads from "./page/uploads.js" with { type: "text" };
import style from "./page/page.css" with { type: "text" };
import enterPage from "./page/enter.html" with { type: "text" };
import lockedPage from "./page/locked.html" with { type: "text" };
import mainPage from "./page/index.html" with { type: "text" };

/** What the page consists of besides the answers below. */
export const PAGE_FILES: PageFiles = new PageFiles({
  "api.js": api,
  "app.js": app,
  "downloads.js": downloads,
  "drop.js": drop,
  "enter.js": enterScript,
  "events.js": events,
  "files.js": files,
  "notice.js": notice,
  "online.js": online,
  "page.css": style,
  "question.js": question,
  "uploads.js": uploads,
});

/** The page itself. */
export function mainAnswer(): Response {
  return fileResponse("index.html", mainPage);
}

/** What is shown to whoever has not come through the one-time address. */
export function lockedAnswer(): Response {
  return fileResponse("locked.html", lockedPage, { status: 403 });
}

/**
 * What is shown for a moment to whoever has. It is no redirection: a browser
 * would not send the cookie that it just got along with one from elsewhere.
 *
 * @param token What the page's scripts are to send; letters, digits, `-`, `_`.
 */
export function enterAnswer(token: string, cookie: string): Response {
  return fileResponse("enter.html", enterPage.replace("TOKEN", token), {
    headers: { "set-cookie": cookie },
  });
}
