// Files on their way from the browser into the folder, one after the other.

import { HEADERS, outcomeOf, read } from "./api.js";
import {
  byId,
  make,
  nameElement,
  setText,
} from "../../../web/page/elements.js";
import { tellOutcome } from "./files.js";
import { bytesText } from "../../../web/page/format.js";
import { warn } from "./notice.js";
import { ask } from "./question.js";

let last = Promise.resolve();

/** Sends files into the folder, each as `{ name, file }`. */
export function upload(files) {
  for (const { name, file } of files) {
    const item = createItem(name);
    byId("uploads-list").append(item);
    last = last.then(() => sendOne({ name, file, item }));
  }
}

function createItem(name) {
  const bar = make("progress", { value: 0, label: `Progress of ${name}` });
  const text = make("p", { className: "quiet", textContent: "Waiting" });
  const cancel = make("button", {
    type: "button",
    textContent: "Cancel",
    label: `Cancel: ${name}`,
    on: { click: () => item.stop() },
  });
  const item = make(
    "li",
    {},
    make("div", { className: "what" }, nameElement(name), text, bar),
    make("div", { className: "actions" }, cancel),
  );
  item.isStopped = false;
  item.stop = () => {
    item.isStopped = true;
    item.remove();
  };
  item.show = (bytes, size) => {
    bar.max = Math.max(1, size);
    bar.value = bytes;
    setText(
      text,
      bytes < size
        ? `${bytesText(bytes)} of ${bytesText(size)}`
        : "Reading it to share it",
    );
  };
  return item;
}

async function sendOne({ name, file, item }) {
  if (item.isStopped) return;
  try {
    const query = new URLSearchParams({ name });
    const { exists } = await read(`/api/uploads?${query}`);
    if (item.isStopped) return;
    const choice = exists ? await askAbout(name) : "fail";
    if (choice === null || choice === "skip" || item.isStopped) return;
    query.set("if-exists", choice);
    tellOutcome(await send(`/api/uploads?${query}`, { file, item }));
  } catch (error) {
    if (!item.isStopped) warn(`${name}: ${error.message}`);
  } finally {
    item.remove();
  }
}

function askAbout(name) {
  return ask("Replace the file in the folder?", {
    text: name,
    choices: [
      { value: "skip", words: "Leave it", primary: true },
      { value: "rename", words: "Keep both" },
      { value: "overwrite", words: "Replace it" },
    ],
  });
}

/** By XMLHttpRequest, which says how far it is. */
function send(path, { file, item }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    for (const [name, value] of Object.entries(HEADERS)) {
      request.setRequestHeader(name, value);
    }
    request.setRequestHeader("content-type", "application/octet-stream");
    request.upload.addEventListener(
      "progress",
      ({ loaded }) => item.show(Math.min(loaded, file.size), file.size),
    );
    request.addEventListener("load", () => {
      try {
        resolve(outcomeOf(request.status, request.responseText));
      } catch (error) {
        reject(error);
      }
    });
    request.addEventListener(
      "error",
      () => reject(new Error("it could not be sent; can it still be read?")),
    );
    request.addEventListener(
      "abort",
      () => resolve({ shared: 0, problems: [] }),
    );
    const { stop } = item;
    item.stop = () => {
      stop();
      request.abort();
    };
    item.show(0, Math.max(1, file.size));
    request.send(file);
  });
}
