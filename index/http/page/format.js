// Numbers, times and names for people. What comes from the network becomes text
// of the page and nothing else.

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
const COUNT = new Intl.NumberFormat("en");

/** 1,234 */
export function count(value) {
  return COUNT.format(value);
}

/** 64.0 MiB */
export function size(bytes) {
  let unit = 0;
  let value = bytes;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`;
}

/** 120, or 0.4 */
export function rate(value) {
  return value >= 10 || Number.isInteger(value)
    ? count(Math.round(value))
    : value.toFixed(1);
}

/** 12 µs, 3.4 ms, 1.2 s */
export function latency(ms) {
  if (ms === undefined || ms === 0) return "–";
  if (ms < 1) return `${short(ms * 1_000)} µs`;
  if (ms < 1_000) return `${short(ms)} ms`;
  return `${short(ms / 1_000)} s`;
}

/** 42 s, 3 min, 2 h */
export function span(ms) {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} days`;
}

/** 192.0.2.1:6000 */
export function endpoint(address, port) {
  const host = address.includes(":") ? `[${address}]` : address;
  return port === 0 ? host : `${host}:${port}`;
}

/** An element with attributes and children; a string becomes text. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

// Characters that are not seen, or that change the order of others.
const UNSEEN =
  /[\p{Cc}\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\ufff9-\ufffb]/u;

/**
 * A name from the network. It keeps its own direction and lends it to nothing
 * around it; what cannot be seen is written out.
 */
export function name(text) {
  const made = element("bdi", { dir: "auto" });
  let plain = "";
  for (const char of text) {
    if (!UNSEEN.test(char)) {
      plain += char;
      continue;
    }
    const code = char.codePointAt(0).toString(16).toUpperCase();
    const written = `U+${code.padStart(4, "0")}`;
    made.append(plain, element("span", { class: "unseen" }, written));
    plain = "";
  }
  made.append(plain);
  return made;
}

function short(value) {
  return value >= 100 ? Math.round(value) : Number(value.toPrecision(2));
}
