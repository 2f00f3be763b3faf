// Files and folders that are dropped on the page, or chosen.

import { byId } from "../../../web/page/elements.js";
import { attempt } from "./notice.js";
import { upload } from "./uploads.js";

const MAX_FILES = 10_000;

/** Starts to take them. */
export function startDrop() {
  const veil = byId("veil");
  let depth = 0;
  const hasFiles = ({ dataTransfer }) => dataTransfer.types.includes("Files");
  addEventListener("dragenter", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth++;
    veil.hidden = false;
  });
  addEventListener("dragleave", (event) => {
    if (!hasFiles(event)) return;
    depth = Math.max(0, depth - 1);
    veil.hidden = depth === 0;
  });
  addEventListener("dragover", (event) => {
    if (hasFiles(event)) event.preventDefault();
  });
  addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth = 0;
    veil.hidden = true;
    attempt(async () => upload(await filesOf(event.dataTransfer)));
  });
  const chooser = byId("chooser");
  byId("choose").addEventListener("click", () => chooser.click());
  chooser.addEventListener("change", () => {
    upload([...chooser.files].map((file) => ({ name: file.name, file })));
    chooser.value = "";
  });
}

/** All files of what was dropped, also those in folders, with their names. */
async function filesOf(transfer) {
  // What was dropped can be asked for in this very turn only.
  const entries = [...transfer.items]
    .map((item) => item.webkitGetAsEntry?.())
    .filter((entry) => entry);
  if (entries.length === 0) {
    return [...transfer.files].map((file) => ({ name: file.name, file }));
  }
  const found = [];
  while (entries.length > 0) {
    const entry = entries.shift();
    if (found.length >= MAX_FILES) {
      throw new Error(
        `Cannot take more than ${MAX_FILES} files at once; put them into the ` +
          "folder yourself",
      );
    }
    if (entry.isDirectory) entries.push(...await entriesOf(entry));
    else {
      const file = await new Promise((resolve, reject) =>
        entry.file(resolve, reject)
      );
      found.push({ name: entry.fullPath.replace(/^\//, ""), file });
    }
  }
  return found;
}

async function entriesOf(directory) {
  const reader = directory.createReader();
  const all = [];
  for (;;) {
    const some = await new Promise((resolve, reject) =>
      reader.readEntries(resolve, reject)
    );
    if (some.length === 0) return all;
    all.push(...some);
  }
}
