// A question before anything is replaced.

import { byId, make } from "../../../web/page/elements.js";

let last = Promise.resolve();

/**
 * Asks, after what was asked before is answered.
 *
 * @param choices What may be chosen, each with its value and its words.
 * @returns The value; `null` where it was closed.
 */
export function ask(title, { text, choices }) {
  const answer = last.then(() => askNow(title, { text, choices }));
  last = answer;
  return answer;
}

function askNow(title, { text, choices }) {
  const dialog = byId("question");
  byId("question-title").textContent = title;
  byId("question-text").textContent = text;
  byId("question-choices").replaceChildren(
    ...choices.map(({ value, words, primary = false }) =>
      make("button", {
        value,
        textContent: words,
        className: primary ? "primary" : "",
        autofocus: primary,
      })
    ),
  );
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) =>
    dialog.addEventListener(
      "close",
      () => resolve(dialog.returnValue || null),
      { once: true },
    )
  );
}
