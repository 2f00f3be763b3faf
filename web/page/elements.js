// Makes and keeps elements. Text is only ever text: names come from strangers.

/** The element of an id. */
export function byId(id) {
  return document.getElementById(id);
}

/**
 * Makes an element.
 *
 * @param tag Such as `button`.
 * @param properties Its properties; `label` is its accessible name, `data` what
 * goes into `data-…`, `on` its listeners.
 * @param children Elements, and texts that stay texts.
 */
export function make(tag, properties = {}, ...children) {
  const { label, data = {}, on = {}, ...plain } = properties;
  const element = document.createElement(tag);
  Object.assign(element, plain);
  Object.assign(element.dataset, data);
  if (label !== undefined) element.setAttribute("aria-label", label);
  for (const [event, listener] of Object.entries(on)) {
    element.addEventListener(event, listener);
  }
  element.append(...children);
  return element;
}

// What cannot be seen, so that two names could look the same. What joins or
// shapes letters of other scripts and emoji stays, after one of those.
const SHAPERS = "\\u200c\\u200d\\ufe0e\\ufe0f";
const UNSEEN = new RegExp(
  `(\\p{Cc}|[\\u2028\\u2029\\ufff9-\\ufffb]|(?<![^\\0-\\x7f])[${SHAPERS}]|` +
    `(?![${SHAPERS}])\\p{Default_Ignorable_Code_Point})`,
  "u",
);

/**
 * A name from a stranger, in its own direction, which it lends to nothing around
 * it. What cannot be seen in it is written out.
 */
export function nameElement(name) {
  const parts = name.split(UNSEEN).map((part, i) => {
    // Every other part is what was split at.
    if (i % 2 === 0) return part;
    const code = part.codePointAt(0).toString(16).toUpperCase();
    return make("span", {
      className: "unseen",
      textContent: `U+${code.padStart(4, "0")}`,
    });
  });
  return make("bdi", { className: "name" }, ...parts);
}

/** Sets a text, unless it is the same: what was selected stays selected. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Makes a parent show items, one element each. Elements of items that stay are
 * kept, with the focus in them.
 *
 * @param key Tells items apart.
 * @param create Makes the element of an item and gives it an `update` method.
 */
export function showAll(parent, items, { key, create }) {
  const old = new Map();
  for (const element of parent.children) old.set(element.itemKey, element);
  const focused = [...parent.children].find((element) =>
    element.contains(document.activeElement)
  );
  let at = parent.firstElementChild;
  for (const item of items) {
    const itemKey = key(item);
    let element = old.get(itemKey);
    old.delete(itemKey);
    if (!element) {
      element = create(item);
      element.itemKey = itemKey;
    }
    element.update(item);
    if (element === at) at = at.nextElementSibling;
    else parent.insertBefore(element, at);
  }
  for (const element of old.values()) element.remove();
  if (!focused || focused.contains(document.activeElement)) return;
  // What had the focus is gone: the keyboard goes on from there.
  const heir = focused.isConnected ? focused : parent.closest("section");
  heir.tabIndex = -1;
  heir.focus({ preventScroll: true });
}
