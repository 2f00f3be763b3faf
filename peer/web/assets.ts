/**
 * The files of the page, part of the program: a peer may read nothing but its
 * folder.
 *
 * @module
 */

import icon from "../../web/icon.svg" with { type: "text" };
import look from "../../web/look.css" with { type: "text" };
import api from "./page/api.js" with { type: "text" };
import app from "./page/app.js" with { type: "text" };
import downloads from "./page/downloads.js" with { type: "text" };
import drop from "./page/drop.js" with { type: "text" };
import elements from "./page/elements.js" with { type: "text" };
import enterScript from "./page/enter.js" with { type: "text" };
import events from "./page/events.js" with { type: "text" };
import files from "./page/files.js" with { type: "text" };
import format from "./page/format.js" with { type: "text" };
import notice from "./page/notice.js" with { type: "text" };
import online from "./page/online.js" with { type: "text" };
import question from "./page/question.js" with { type: "text" };
import uploads from "./page/uploads.js" with { type: "text" };
import style from "./page/page.css" with { type: "text" };
import enterPage from "./page/enter.html" with { type: "text" };
import lockedPage from "./page/locked.html" with { type: "text" };
import mainPage from "./page/index.html" with { type: "text" };

const SCRIPTS = {
  "api.js": api,
  "app.js": app,
  "downloads.js": downloads,
  "drop.js": drop,
  "elements.js": elements,
  "enter.js": enterScript,
  "events.js": events,
  "files.js": files,
  "format.js": format,
  "notice.js": notice,
  "online.js": online,
  "question.js": question,
  "uploads.js": uploads,
} as const;

const TYPES = {
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
} as const;

const ASSETS: ReadonlyMap<string, () => Response> = new Map([
  ["icon.svg", () => textResponse(icon, "svg")],
  ["look.css", () => textResponse(look, "css")],
  ["page.css", () => textResponse(style, "css")],
  ...Object.entries(SCRIPTS).map(([name, text]) =>
    [name, () => textResponse(text, "js")] as const
  ),
]);

/** A script, a style or a picture of the page. */
export function asset(name: string): Response | undefined {
  return ASSETS.get(name)?.();
}

/** The page itself. */
export function mainAnswer(): Response {
  return textResponse(mainPage, "html");
}

/** What is shown to whoever has not come through the one-time address. */
export function lockedAnswer(): Response {
  return textResponse(lockedPage, "html", { status: 403 });
}

/**
 * What is shown for a moment to whoever has. It is no redirection: a browser
 * would not send the cookie that it just got along with one from elsewhere.
 *
 * @param token What the page's scripts are to send; letters, digits, `-`, `_`.
 */
export function enterAnswer(token: string, cookie: string): Response {
  return textResponse(enterPage.replace("TOKEN", token), "html", {
    headers: { "set-cookie": cookie },
  });
}

function textResponse(
  text: string,
  type: keyof typeof TYPES,
  { status = 200, headers = {} }: {
    status?: number;
    headers?: Record<string, string>;
  } = {},
): Response {
  return new Response(text, {
    status,
    headers: { "content-type": TYPES[type], ...headers },
  });
}
