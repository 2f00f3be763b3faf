// A word at the edge of the page, which goes by itself unless it is bad news.

import { byId, make } from "../../../web/page/elements.js";

const SHOWN_MS = 6_000;
const MAX_SHOWN = 4;

/** Says that something was done. */
export function tell(text) {
  const notice = show(text, "good");
  setTimeout(() => notice.remove(), SHOWN_MS);
}

/** Says that something was not done; it stays until it is closed. */
export function warn(text) {
  show(text, "bad");
}

/** Runs something, and says so where it fails. */
export async function attempt(action) {
  try {
    return await action();
  } catch (error) {
    if (error.name !== "AbortError") warn(error.message);
    return undefined;
  }
}

function show(text, kind) {
  const notices = byId("notices");
  const notice = make(
    "div",
    { className: "notice", data: { kind } },
    make("span", { textContent: text, dir: "auto" }),
    make("button", {
      type: "button",
      className: "plain",
      textContent: "Close",
      on: { click: () => notice.remove() },
    }),
  );
  notices.append(notice);
  while (notices.children.length > MAX_SHOWN) {
    notices.firstElementChild.remove();
  }
  return notice;
}
